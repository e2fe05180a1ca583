-- Every clinic with a row of anything, for what looks after data and not after people: an import is sealed at once, also while nobody has an
-- account yet. (`sync.clinics` are those that have people.) The owner sees the table of clinics only inside one, and every feed.

CREATE FUNCTION sync.every_clinic() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT f.clinic_id FROM sync.feed f ORDER BY 1
$$;
REVOKE EXECUTE ON FUNCTION sync.every_clinic() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.every_clinic() TO wattle_app;
