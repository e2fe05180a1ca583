-- Run by the connecting administrator before the numbered migrations, every time; changes nothing the second time.
-- Roles belong to the whole cluster, so two databases may race here: whoever comes second finds them made.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['wattle_owner', 'wattle_app', 'wattle_migrator'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS %s', wanted,
                    CASE wanted WHEN 'wattle_owner' THEN 'NOLOGIN' ELSE 'LOGIN' END);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    -- A superuser may be anybody; another administrator must be a member of the owner to act as it.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        AND NOT pg_has_role(current_user, 'wattle_owner', 'MEMBER') THEN
        EXECUTE format('GRANT wattle_owner TO %I', current_user);
    END IF;
    -- For the age of the oldest write, which sync.oldest_write() alone tells. An administrator who may not give it goes
    -- without: the figure then leaves out what other roles have open.
    BEGIN
        IF NOT pg_has_role('wattle_owner', 'pg_read_all_stats', 'MEMBER') THEN
            GRANT pg_read_all_stats TO wattle_owner;
        END IF;
    EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
        NULL;
    END;
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO wattle_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO wattle_app, wattle_migrator', current_database());
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
