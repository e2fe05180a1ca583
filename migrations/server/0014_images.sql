-- Images of first syncs: what they are and where a file made of one stands. Their chunks are in object storage, sealed
-- under a key that is here, sealed itself under the server's.

-- Accounts that only the server uses: nobody can sign in as one, they have no password.
ALTER TABLE clinic.user_account ADD COLUMN system boolean NOT NULL DEFAULT false;
ALTER TABLE clinic.user_account DROP CONSTRAINT user_account_password_phc_check;
ALTER TABLE clinic.user_account ADD CONSTRAINT user_account_password
    CHECK (CASE WHEN system THEN password_phc = '' ELSE password_phc LIKE '$argon2id$%' END);
ALTER TABLE clinic.workstation ADD COLUMN system boolean NOT NULL DEFAULT false;

CREATE TABLE clinic.image (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The profile, in key order.
    feeds text[] NOT NULL CHECK (feeds <> '{}'),
    -- Of the client's file.
    schema integer NOT NULL,
    epoch text NOT NULL,
    -- {feed: seq}
    cursors jsonb NOT NULL,
    sealed_key bytea NOT NULL,
    page_bytes integer NOT NULL CHECK (page_bytes > 0),
    pages integer NOT NULL CHECK (pages > 0),
    rows bigint NOT NULL,
    -- [{first_page, pages, bytes, sha256}] in the order of their pages.
    chunks jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    -- Since when there is a newer one: who has begun to fetch this one may go on for a while.
    replaced_at timestamptz,
    PRIMARY KEY (clinic_id, id)
);
CREATE UNIQUE INDEX image_present ON clinic.image (clinic_id, feeds, schema) WHERE replaced_at IS NULL;

ALTER TABLE clinic.image ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.image FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.image TO wattle_owner USING (true);
-- An image holds all that its feeds hold: whoever may not have one of them cannot even see that there is one.
CREATE POLICY app_here ON clinic.image TO wattle_app
    USING (clinic_id = (SELECT sync.current_clinic()) AND feeds <@ (SELECT sync.granted_classes())::text[]);
GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.image TO wattle_app;

-- Clinics that have people: ids only.
CREATE FUNCTION sync.clinics() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT a.clinic_id FROM clinic.user_account a WHERE a.active AND NOT a.system ORDER BY 1
$$;

-- The account and the workstation that pull for images of these feeds, made when there are none: with every role that
-- grants nothing beyond them, so that the images hold what such people see and no row more.
CREATE FUNCTION clinic.image_account(wanted text[]) RETURNS TABLE (user_id uuid, workstation_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    here constant uuid := nullif(current_setting('wattle.clinic', true), '')::uuid;
    account constant text := 'images of ' || array_to_string(wanted, '-');
    account_id uuid;
    station_id uuid;
BEGIN
    INSERT INTO clinic.user_account (clinic_id, id, username, password_phc, system)
    VALUES (here, gen_random_uuid(), account, '', true) ON CONFLICT DO NOTHING;
    SELECT a.id INTO STRICT account_id FROM clinic.user_account a
        WHERE a.clinic_id = here AND a.username = account AND a.system;
    DELETE FROM clinic.user_role r WHERE r.clinic_id = here AND r.user_id = account_id
        AND NOT (SELECT array_agg(c.class) <@ wanted FROM clinic.role_class c WHERE c.role = r.role);
    INSERT INTO clinic.user_role (clinic_id, user_id, role)
    SELECT here, account_id, c.role FROM clinic.role_class c GROUP BY c.role HAVING array_agg(c.class) <@ wanted
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO station_id FROM clinic.workstation w WHERE w.clinic_id = here AND w.system ORDER BY w.id LIMIT 1;
    IF station_id IS NULL THEN
        station_id := gen_random_uuid();
        -- The hash of nothing that anybody knows.
        INSERT INTO clinic.workstation (clinic_id, id, name, secret_hash, system)
        VALUES (here, station_id, 'image builder', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text,
            'UTF8')), true);
    END IF;
    RETURN QUERY SELECT account_id, station_id;
END $$;
REVOKE EXECUTE ON FUNCTION clinic.image_account(text[]), sync.clinics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.image_account(text[]), sync.clinics() TO wattle_app;
