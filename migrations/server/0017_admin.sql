-- People and computers are seen to over HTTP: by whom the table of grants lets, asked here too.

-- Whether the acting user's roles grant something, from the database's own tables and nobody's claim.
CREATE FUNCTION sync.acting_may(wanted_noun text, wanted_action text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM clinic.user_role ur
        JOIN clinic.role_grant g ON g.role = ur.role AND g.noun = wanted_noun AND g.action = wanted_action
        JOIN clinic.user_account a ON a.clinic_id = ur.clinic_id AND a.id = ur.user_id AND a.active
        WHERE ur.clinic_id = nullif(current_setting('wattle.clinic', true), '')::uuid
          AND ur.user_id = nullif(current_setting('wattle.user', true), '')::uuid);
END $$;
GRANT EXECUTE ON FUNCTION sync.acting_may(text, text) TO wattle_app;

-- Beside the policies by clinic: both must agree.
DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('user_account', 'INSERT', 'account'), ('user_account', 'UPDATE', 'account'),
        ('user_role', 'INSERT', 'account'), ('user_role', 'DELETE', 'account'),
        ('enrolment_code', 'INSERT', 'workstation'), ('enrolment_code', 'DELETE', 'workstation')
    ) AS r (tbl, verb, noun) LOOP
        EXECUTE format('CREATE POLICY admin_%s ON clinic.%I AS RESTRICTIVE FOR %s TO wattle_app %s ((SELECT sync.acting_may(%L, ''write'')))',
            lower(rule.verb), rule.tbl, rule.verb, CASE rule.verb WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END, rule.noun);
        EXECUTE format('GRANT %s ON clinic.%I TO wattle_app', rule.verb, rule.tbl);
    END LOOP;
END $$;

-- A name on the screen is a reference row, and belongs to an account.
CREATE POLICY app_insert ON clinic.user_name FOR INSERT TO wattle_app
    WITH CHECK (clinic_id = (SELECT sync.current_clinic()) AND (SELECT sync.acting_may('account', 'write')));
CREATE POLICY app_update ON clinic.user_name FOR UPDATE TO wattle_app
    USING (clinic_id = (SELECT sync.current_clinic()) AND (SELECT sync.acting_may('account', 'write')));
GRANT INSERT, UPDATE ON clinic.user_name TO wattle_app;

-- A computer's row is written at every contact, by anybody; what it may do is not. Only the computer itself says that it
-- has destroyed its keys.
ALTER TABLE clinic.workstation DROP CONSTRAINT workstation_state_check;
ALTER TABLE clinic.workstation ADD CONSTRAINT workstation_state_check
    CHECK (state IN ('ok', 'suspended', 'wipe', 'wiped'));
CREATE FUNCTION clinic.guard_workstation() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'wiped' THEN
        RAISE EXCEPTION 'a wiped workstation is enrolled anew' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state = 'wipe' AND NEW.state = 'wiped' THEN
        RETURN NEW;
    END IF;
    IF current_user = 'wattle_app' AND NOT sync.acting_may('workstation', 'write') THEN
        RAISE EXCEPTION 'may not' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_state BEFORE UPDATE OF state ON clinic.workstation
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION clinic.guard_workstation();
ALTER TABLE clinic.workstation ENABLE ALWAYS TRIGGER guard_state;
