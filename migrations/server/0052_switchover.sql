-- A clinic that comes out of FileMaker is closed for what people write until `fm-migrate cutover` makes the switch. A clinic
-- without a row here has never been closed. Only the functions below write one, for the clinic of the session.

CREATE TABLE clinic.switchover (
    clinic_id uuid PRIMARY KEY,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- From here on the clinic works in Wattle; null while it is closed.
    switched_at timestamptz
);
ALTER TABLE clinic.switchover ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.switchover FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.switchover TO wattle_owner USING (true);
CREATE POLICY app_here ON clinic.switchover FOR SELECT TO wattle_app USING (clinic_id = (SELECT sync.current_clinic()));
CREATE POLICY migrator_here ON clinic.switchover FOR SELECT TO wattle_migrator
    USING (clinic_id = (SELECT sync.current_clinic()));
GRANT SELECT ON clinic.switchover TO wattle_app, wattle_migrator;

-- Waits until no push of the clinic is under way, and holds up those that come until the end of the transaction: a push locks
-- its workstation before it asks whether the clinic is closed.
CREATE FUNCTION clinic.hold_pushes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM clinic.workstation WHERE clinic_id = sync.current_clinic() ORDER BY id FOR UPDATE;
END $$;
REVOKE ALL ON FUNCTION clinic.hold_pushes() FROM PUBLIC;

-- Whether a command of somebody's has changed anything in the clinic. Those that only say that somebody looked do not.
CREATE FUNCTION clinic.has_worked() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM clinic.command_log WHERE clinic_id = sync.current_clinic()
        AND verdict ->> 'verdict' IN ('applied', 'merged', 'conflict')
        AND name NOT IN ('note_access', 'note_search', 'note_export', 'note_day_sheet'));
END $$;
REVOKE ALL ON FUNCTION clinic.has_worked() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.has_worked() TO wattle_migrator;

-- Closes the clinic until the switch, unless somebody works in it or it was switched over; says whether it is closed now.
CREATE FUNCTION clinic.close_until_switch() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here constant uuid := sync.current_clinic();
BEGIN
    PERFORM clinic.hold_pushes();
    IF NOT clinic.has_worked() THEN
        INSERT INTO clinic.switchover (clinic_id) VALUES (here) ON CONFLICT DO NOTHING;
    END IF;
    RETURN EXISTS (SELECT FROM clinic.switchover WHERE clinic_id = here AND switched_at IS NULL);
END $$;
REVOKE ALL ON FUNCTION clinic.close_until_switch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.close_until_switch() TO wattle_migrator;

-- The switch: from here on pushes are decided.
CREATE FUNCTION clinic.open_at_switch() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE clinic.switchover SET switched_at = clock_timestamp()
    WHERE clinic_id = sync.current_clinic() AND switched_at IS NULL;
END $$;
REVOKE ALL ON FUNCTION clinic.open_at_switch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.open_at_switch() TO wattle_migrator;

-- Takes the switch back, and says whether it may be: not once somebody has worked, for nothing was decided before it. A clinic
-- that was never closed stays open, and whoever asks must look for themselves what was written.
CREATE FUNCTION clinic.close_again() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here constant uuid := sync.current_clinic();
BEGIN
    PERFORM clinic.hold_pushes();
    IF EXISTS (SELECT FROM clinic.switchover WHERE clinic_id = here) AND clinic.has_worked() THEN
        RETURN false;
    END IF;
    UPDATE clinic.switchover SET switched_at = NULL WHERE clinic_id = here;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION clinic.close_again() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.close_again() TO wattle_migrator;
