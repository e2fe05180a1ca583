-- What never leaves the server: accounts, roles, workstations, keys, tokens.
-- Every table here is under RLS by clinic; the owner sees all, because the functions that look a token or a code up
-- (before the clinic is known) run as the owner.

CREATE TABLE clinic.role_class (
    role text NOT NULL,
    class text NOT NULL CHECK (class IN ('ref', 'front', 'clinical', 'billing', 'admin')),
    PRIMARY KEY (role, class)
);

CREATE TABLE clinic.role_grant (
    role text NOT NULL,
    noun text NOT NULL,
    action text NOT NULL CHECK (action IN ('read', 'write')),
    PRIMARY KEY (role, noun, action)
);

CREATE TABLE clinic.user_account (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    username text NOT NULL CHECK (username = lower(username) AND username <> ''),
    password_phc text NOT NULL CHECK (password_phc LIKE '$argon2id$%'),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT user_account_username UNIQUE (clinic_id, username)
);

CREATE TABLE clinic.user_role (
    clinic_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('reception', 'nurse', 'practitioner', 'practice_manager', 'admin')),
    PRIMARY KEY (clinic_id, user_id, role),
    CONSTRAINT user_role_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_account (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.workstation (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    state text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'suspended', 'wipe')),
    last_n bigint NOT NULL DEFAULT 0,
    app_version text NOT NULL DEFAULT '',
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    enrolled_by uuid,
    last_seen_at timestamptz,
    PRIMARY KEY (clinic_id, id)
);
-- The id alone must name one workstation: sign-in knows nothing else.
CREATE UNIQUE INDEX workstation_id ON clinic.workstation (id);

CREATE TABLE clinic.enrolment_code (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    code_hash bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_by_workstation uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, id)
);

CREATE TABLE clinic.signing_key (
    clinic_id uuid NOT NULL,
    user_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    registered_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (clinic_id, user_id, workstation_id, public_key),
    CONSTRAINT signing_key_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_account (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT signing_key_workstation FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.token (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('access', 'refresh')),
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    user_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    -- All tokens that descend from one sign-in; reuse of a refresh token revokes them together.
    family uuid NOT NULL,
    -- The refresh token that this pair was given for.
    parent uuid,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT token_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_account (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT token_workstation FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX token_family ON clinic.token (clinic_id, family);
CREATE INDEX token_expiry ON clinic.token (clinic_id, expires_at);

-- In the database, so that a restart of the server forgets no failure.
CREATE TABLE clinic.sign_in_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    clinic_id uuid,
    username text,
    address text NOT NULL,
    succeeded boolean NOT NULL DEFAULT false
);
CREATE INDEX sign_in_attempt_user ON clinic.sign_in_attempt (clinic_id, username, at);
CREATE INDEX sign_in_attempt_address ON clinic.sign_in_attempt (address, at);

-- The feed classes that the acting user's roles grant, from the database's own tables and nobody's claim.
CREATE FUNCTION sync.granted_classes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT rc.class), '{}')
    FROM clinic.user_role ur
    JOIN clinic.role_class rc ON rc.role = ur.role
    JOIN clinic.user_account a ON a.clinic_id = ur.clinic_id AND a.id = ur.user_id AND a.active
    WHERE ur.clinic_id = nullif(current_setting('wattle.clinic', true), '')::uuid
      AND ur.user_id = nullif(current_setting('wattle.user', true), '')::uuid
$$;

-- Three look-ups come before the clinic is known. Each takes a secret's hash or an unguessable id.
CREATE FUNCTION clinic.find_token(token_hash bytea)
RETURNS TABLE (clinic_id uuid, id uuid, kind text, user_id uuid, workstation_id uuid, family uuid,
    expires_at timestamptz, used_at timestamptz, revoked_at timestamptz, user_active boolean, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.clinic_id, t.id, t.kind, t.user_id, t.workstation_id, t.family, t.expires_at, t.used_at, t.revoked_at,
        a.active, w.state
    FROM clinic.token t
    JOIN clinic.user_account a ON a.clinic_id = t.clinic_id AND a.id = t.user_id
    JOIN clinic.workstation w ON w.clinic_id = t.clinic_id AND w.id = t.workstation_id
    WHERE t.hash = token_hash
$$;

CREATE FUNCTION clinic.clinic_of_workstation(workstation_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.clinic_id FROM clinic.workstation w WHERE w.id = workstation_id
$$;

CREATE FUNCTION clinic.clinic_of_code(hash bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.clinic_id FROM clinic.enrolment_code c WHERE c.code_hash = hash
$$;

GRANT EXECUTE ON FUNCTION sync.granted_classes() TO wattle_app, wattle_migrator;
GRANT EXECUTE ON FUNCTION clinic.find_token(bytea), clinic.clinic_of_workstation(uuid), clinic.clinic_of_code(bytea)
    TO wattle_app;
