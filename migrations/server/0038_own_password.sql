-- Everybody chooses their own password, and is told when the one they have was given to them.

-- Somebody else set it: they know it.
ALTER TABLE clinic.user_account ADD COLUMN password_given boolean NOT NULL DEFAULT false;

-- Accounts are written by those who may see to them; this is the one thing that everybody may do to their own.
CREATE FUNCTION clinic.set_own_password(phc text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE clinic.user_account SET password_phc = phc, password_given = false
    WHERE clinic_id = nullif(current_setting('wattle.clinic', true), '')::uuid
      AND id = nullif(current_setting('wattle.user', true), '')::uuid AND active AND NOT system;
    RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION clinic.set_own_password(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clinic.set_own_password(text) TO wattle_app;
