-- Sign-in with the account of an OpenID provider, beside passwords of our own.

-- One provider a clinic. The app is a public client: it has no secret that could be kept (RFC 8252), PKCE stands in for it.
CREATE TABLE clinic.openid_provider (
    clinic_id uuid NOT NULL,
    issuer text NOT NULL CHECK (issuer ~ '^https://|^http://(localhost|127\.0\.0\.1)(:|/)'),
    client_id text NOT NULL CHECK (client_id <> ''),
    -- Which claim is compared with a login the first time. An address counts only where the provider says that it has checked
    -- it; a preferred name only where whoever set this knows that people there cannot choose it.
    login_claim text NOT NULL DEFAULT 'email' CHECK (login_claim IN ('email', 'preferred_username')),
    -- What people call it.
    label text NOT NULL CHECK (label <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id)
);

-- Whose account there is whose here. An admin names the login; the first sign-in binds the provider's own id of them, so
-- that a login that is given to somebody else later opens nothing.
CREATE TABLE clinic.openid_login (
    clinic_id uuid NOT NULL,
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    login text NOT NULL CHECK (login = lower(login) AND login <> ''),
    subject text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (clinic_id, user_id),
    CONSTRAINT openid_login_once UNIQUE (clinic_id, issuer, login),
    CONSTRAINT openid_subject_once UNIQUE (clinic_id, issuer, subject),
    CONSTRAINT openid_login_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_account (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);

-- A sign-in that is under way in somebody's browser: what the provider's answer must carry, once.
CREATE TABLE clinic.openid_attempt (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    nonce text NOT NULL,
    begun_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, id)
);
CREATE INDEX openid_attempt_begun ON clinic.openid_attempt (clinic_id, begun_at);

DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('openid_provider', 'SELECT'), ('openid_login', 'SELECT, INSERT, UPDATE, DELETE'),
        ('openid_attempt', 'SELECT, INSERT, DELETE')
    ) AS r (tbl, verbs) LOOP
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ROW LEVEL SECURITY', rule.tbl);
        EXECUTE format('ALTER TABLE clinic.%I FORCE ROW LEVEL SECURITY', rule.tbl);
        EXECUTE format('CREATE POLICY owner_all ON clinic.%I TO wattle_owner USING (true)', rule.tbl);
        EXECUTE format('CREATE POLICY app_here ON clinic.%I TO wattle_app USING (clinic_id = (SELECT sync.current_clinic()))', rule.tbl);
        EXECUTE format('GRANT %s ON clinic.%I TO wattle_app', rule.verbs, rule.tbl);
    END LOOP;
END $$;

-- Who may sign in as whom is for those who see to accounts; a sign-in itself only binds what is not bound.
CREATE POLICY admin_insert ON clinic.openid_login AS RESTRICTIVE FOR INSERT TO wattle_app
    WITH CHECK ((SELECT sync.acting_may('account', 'write')));
CREATE POLICY admin_delete ON clinic.openid_login AS RESTRICTIVE FOR DELETE TO wattle_app
    USING ((SELECT sync.acting_may('account', 'write')));
CREATE FUNCTION clinic.guard_openid_login() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.subject IS NULL AND (OLD.clinic_id, OLD.user_id, OLD.issuer, OLD.login)
            = (NEW.clinic_id, NEW.user_id, NEW.issuer, NEW.login) THEN
        RETURN NEW;
    END IF;
    IF current_user = 'wattle_app' AND NOT sync.acting_may('account', 'write') THEN
        RAISE EXCEPTION 'may not' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_login BEFORE UPDATE ON clinic.openid_login
    FOR EACH ROW EXECUTE FUNCTION clinic.guard_openid_login();
ALTER TABLE clinic.openid_login ENABLE ALWAYS TRIGGER guard_login;
