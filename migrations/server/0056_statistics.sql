-- What an import brings is not committed when its foreign keys are checked, and autovacuum, which sees only what is committed, may
-- have written down that the table is as good as empty. Each check of a key then walks the clinic's whole index, and a commit of a
-- minute takes hours. The migrator owns no table and may not ANALYZE one; this it may.
CREATE FUNCTION clinic.refresh_statistics(tbl text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE clinic.%I', tbl);
END $$;
REVOKE ALL ON FUNCTION clinic.refresh_statistics(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.refresh_statistics(text) TO wattle_migrator;
