-- Attempts of sign-in without the names that were typed: people type passwords into the wrong field, and a row is kept for
-- 90 days. A name is a keyed hash; the key is in a table that the server's role cannot read, and the server's role reaches
-- the attempts by functions alone, so that it cannot read those of other clinics, only count what came from an address.

CREATE TABLE clinic.attempt_key (key bytea NOT NULL CHECK (length(key) = 32));
INSERT INTO clinic.attempt_key
SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
ALTER TABLE clinic.attempt_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.attempt_key FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.attempt_key TO wattle_owner USING (true);

-- Twice under the key, as HMAC does, so that nothing can be added to what was hashed.
CREATE FUNCTION clinic.attempt_mark(clinic uuid, typed text) RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bytea;
BEGIN
    SELECT key INTO STRICT k FROM clinic.attempt_key;
    RETURN sha256(k || sha256(k || convert_to(coalesce(clinic::text, '') || ' ' || coalesce(typed, ''), 'UTF8')));
END $$;
REVOKE EXECUTE ON FUNCTION clinic.attempt_mark(uuid, text) FROM PUBLIC;

ALTER TABLE clinic.sign_in_attempt ADD COLUMN name_mark bytea;
UPDATE clinic.sign_in_attempt SET name_mark = clinic.attempt_mark(clinic_id, username);
ALTER TABLE clinic.sign_in_attempt DROP COLUMN username;
CREATE INDEX sign_in_attempt_name ON clinic.sign_in_attempt (clinic_id, name_mark, at);

DROP POLICY app_here ON clinic.sign_in_attempt;
REVOKE ALL ON clinic.sign_in_attempt FROM wattle_app;

CREATE FUNCTION clinic.note_attempt(at timestamptz, clinic uuid, typed text, address text, succeeded boolean)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    noted bigint;
BEGIN
    INSERT INTO clinic.sign_in_attempt (at, clinic_id, name_mark, address, succeeded)
    VALUES (at, clinic, clinic.attempt_mark(clinic, typed), address, succeeded) RETURNING id INTO noted;
    RETURN noted;
END $$;

CREATE FUNCTION clinic.settle_attempt(attempt bigint, good boolean)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE clinic.sign_in_attempt SET succeeded = good WHERE id = attempt AND clinic_id = sync.current_clinic();
END $$;

CREATE FUNCTION clinic.forgive_attempts(clinic uuid, typed text, of_address text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE clinic.sign_in_attempt a SET succeeded = true
    WHERE a.succeeded IS NOT TRUE AND a.clinic_id = clinic AND a.clinic_id = sync.current_clinic()
      AND a.name_mark = clinic.attempt_mark(clinic, typed) AND a.address = of_address;
END $$;

CREATE FUNCTION clinic.attempts_on(clinic uuid, typed text, since timestamptz)
RETURNS TABLE (counted bigint, oldest timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT count(*), min(a.at) FROM clinic.sign_in_attempt a
    WHERE a.succeeded IS NOT TRUE AND a.clinic_id = clinic AND a.clinic_id = sync.current_clinic()
      AND a.name_mark = clinic.attempt_mark(clinic, typed) AND a.at > since;
END $$;

CREATE FUNCTION clinic.attempts_from(of_address text, since timestamptz)
RETURNS TABLE (counted bigint, oldest timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT count(*), min(a.at) FROM clinic.sign_in_attempt a
    WHERE a.succeeded = false AND a.address = of_address AND a.at > since;
END $$;

GRANT EXECUTE ON FUNCTION clinic.note_attempt(timestamptz, uuid, text, text, boolean), clinic.settle_attempt(bigint, boolean),
    clinic.forgive_attempts(uuid, text, text), clinic.attempts_on(uuid, text, timestamptz),
    clinic.attempts_from(text, timestamptz) TO wattle_app;
