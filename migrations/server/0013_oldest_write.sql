-- How long the oldest transaction that has written something is open, seconds; 0 when there is none. Compaction and
-- vacuum wait for it. Other roles' sessions are only seen when the owner may read statistics (bootstrap.sql).
CREATE FUNCTION sync.oldest_write() RETURNS double precision
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - s.xact_start)), 0)::double precision
    FROM pg_stat_activity s
    WHERE s.backend_xid IS NOT NULL AND s.datname = current_database() AND s.pid <> pg_backend_pid()
$$;
GRANT EXECUTE ON FUNCTION sync.oldest_write() TO wattle_app;
