-- The codes of an authenticator app beside a password, for accounts whose person has switched them on.

CREATE TABLE clinic.second_factor (
    clinic_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- The secret that the app was shown, wrapped.
    wrapped bytea NOT NULL,
    -- The name of the key that wrapped it.
    kms_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Null until a code has shown that the app has it: nobody is asked for codes before.
    confirmed_at timestamptz,
    -- The last step of 30 seconds whose code was taken: each is good once.
    last_step bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (clinic_id, user_id),
    CONSTRAINT second_factor_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_account (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);

-- Where a code was given last: it is asked for once a shift at a workstation, not at every screen that was locked.
CREATE TABLE clinic.second_factor_given (
    clinic_id uuid NOT NULL,
    user_id uuid NOT NULL,
    workstation_id uuid NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, user_id, workstation_id),
    CONSTRAINT second_factor_given_of FOREIGN KEY (clinic_id, user_id)
        REFERENCES clinic.second_factor (clinic_id, user_id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT second_factor_given_at FOREIGN KEY (clinic_id, workstation_id)
        REFERENCES clinic.workstation (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);

DO $$
DECLARE
    tbl text;
BEGIN
    FOREACH tbl IN ARRAY ARRAY['second_factor', 'second_factor_given'] LOOP
        EXECUTE format('ALTER TABLE clinic.%I ENABLE ROW LEVEL SECURITY', tbl);
        EXECUTE format('ALTER TABLE clinic.%I FORCE ROW LEVEL SECURITY', tbl);
        EXECUTE format('CREATE POLICY owner_all ON clinic.%I TO wattle_owner USING (true)', tbl);
        EXECUTE format('CREATE POLICY app_here ON clinic.%I TO wattle_app USING (clinic_id = (SELECT sync.current_clinic()))', tbl);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.%I TO wattle_app', tbl);
    END LOOP;
END $$;
