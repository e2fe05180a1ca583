-- Whoever has the password of wattle_app, and nothing else, sees nothing: which clinic a session may name is believed of a
-- server alone, which shows a pass that is derived from the server's key. Only its hash rests here. With none here, as
-- before, every session is believed.

CREATE TABLE sync.pass (
    hash bytea PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE sync.pass ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync.pass FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON sync.pass TO wattle_owner USING (true);

CREATE FUNCTION sync.has_pass() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Of the session, not of the function that asks: that runs with its owner's rights. What administrators and the
    -- migrator may do is theirs without a pass.
    RETURN pg_has_role(session_user, 'wattle_owner', 'MEMBER') OR pg_has_role(session_user, 'wattle_migrator', 'MEMBER')
        OR NOT EXISTS (SELECT FROM sync.pass)
        OR EXISTS (SELECT FROM sync.pass
                   WHERE hash = sha256(convert_to(coalesce(current_setting('wattle.pass', true), ''), 'UTF8')));
END $$;
GRANT EXECUTE ON FUNCTION sync.has_pass() TO wattle_app, wattle_migrator;

CREATE OR REPLACE FUNCTION sync.current_clinic() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN sync.has_pass() THEN nullif(current_setting('wattle.clinic', true), '')::uuid END;
END $$;

-- Every function that read the setting itself asks there from now on.
DO $$
DECLARE
    before constant text := 'nullif(current_setting(''wattle.clinic'', true), '''')::uuid';
    f oid;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace IN ('clinic'::regnamespace, 'sync'::regnamespace) AND p.proname <> 'current_clinic'
          AND strpos(p.prosrc, before) > 0
    LOOP
        EXECUTE replace(pg_get_functiondef(f), before, 'sync.current_clinic()');
    END LOOP;
END $$;
