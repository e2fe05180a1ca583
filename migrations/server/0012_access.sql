-- A number per clinic that rises when somebody's access changes: a live stream reads it in the snapshot of what it is
-- about to send, and asks again who may see it when it has risen.

CREATE TABLE sync.access (
    -- The nil uuid stands for every clinic.
    clinic_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1
);
ALTER TABLE sync.access ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync.access FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON sync.access TO wattle_owner USING (true);

CREATE FUNCTION sync.access_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clinic uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        clinic := CASE TG_OP WHEN 'DELETE' THEN OLD.clinic_id ELSE NEW.clinic_id END;
    END IF;
    INSERT INTO sync.access AS a (clinic_id) VALUES (clinic)
    ON CONFLICT (clinic_id) DO UPDATE SET version = a.version + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON clinic.user_role
    FOR EACH ROW EXECUTE FUNCTION sync.access_changed();
CREATE TRIGGER access_changed AFTER UPDATE ON clinic.user_account
    FOR EACH ROW WHEN (OLD.active IS DISTINCT FROM NEW.active) EXECUTE FUNCTION sync.access_changed();
CREATE TRIGGER access_changed AFTER UPDATE ON clinic.workstation
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sync.access_changed();
CREATE TRIGGER access_changed AFTER UPDATE ON clinic.token
    FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION sync.access_changed();
-- Tokens that have ended are swept all the time; their streams have ended by themselves.
CREATE TRIGGER access_ended AFTER DELETE ON clinic.token
    FOR EACH ROW WHEN (OLD.expires_at > now()) EXECUTE FUNCTION sync.access_changed();
-- What a role grants is the same in every clinic.
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON clinic.role_class
    FOR EACH STATEMENT EXECUTE FUNCTION sync.access_changed();
DO $$
DECLARE
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ARRAY['user_role', 'user_account', 'workstation', 'token', 'role_class'] LOOP
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ALWAYS TRIGGER access_changed', tbl);
    END LOOP;
END $$;
ALTER TABLE clinic.token ENABLE ALWAYS TRIGGER access_ended;

-- Numbers only, so any clinic may be asked about.
CREATE FUNCTION sync.access_versions(clinics uuid[]) RETURNS TABLE (clinic_id uuid, version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.id, coalesce(a.version, 0) + coalesce(everywhere.version, 0)
    FROM unnest(clinics) AS c (id)
    LEFT JOIN sync.access a ON a.clinic_id = c.id
    LEFT JOIN sync.access everywhere ON everywhere.clinic_id = '00000000-0000-0000-0000-000000000000'
$$;

-- What each of these access tokens, named by id, still grants; one that grants nothing any more is left out. The time of
-- its end is watched by whoever holds the stream.
CREATE FUNCTION sync.access_of(tokens uuid[]) RETURNS TABLE (token uuid, classes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, coalesce((SELECT array_agg(DISTINCT rc.class)
        FROM clinic.user_role ur JOIN clinic.role_class rc ON rc.role = ur.role
        WHERE ur.clinic_id = t.clinic_id AND ur.user_id = t.user_id), '{}')
    FROM clinic.token t
    JOIN clinic.user_account a ON a.clinic_id = t.clinic_id AND a.id = t.user_id AND a.active
    JOIN clinic.workstation w ON w.clinic_id = t.clinic_id AND w.id = t.workstation_id AND w.state = 'ok'
    WHERE t.clinic_id = nullif(current_setting('wattle.clinic', true), '')::uuid
      AND t.id = ANY (tokens) AND t.kind = 'access' AND t.revoked_at IS NULL
$$;

GRANT EXECUTE ON FUNCTION sync.access_versions(uuid[]), sync.access_of(uuid[]) TO wattle_app;
