-- A cutover that is undone leaves a clinic as its freeze found it: one that was open is open again.
CREATE FUNCTION clinic.open_unswitched() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM clinic.switchover WHERE clinic_id = sync.current_clinic() AND switched_at IS NULL;
END $$;
REVOKE ALL ON FUNCTION clinic.open_unswitched() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.open_unswitched() TO wattle_migrator;
