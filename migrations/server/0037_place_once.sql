-- Where a cluster and its database are does not change while a connection lasts, and asking reads a file of the server's:
-- asked once for each connection. Whoever tells their own connection another place is told another epoch, and nobody else.

CREATE OR REPLACE FUNCTION sync.place() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here text := current_setting('wattle.place', true);
BEGIN
    IF coalesce(here, '') = '' THEN
        here := (SELECT system_identifier FROM pg_control_system()) || '.'
            || (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
        PERFORM set_config('wattle.place', here, false);
    END IF;
    RETURN here;
END $$;
