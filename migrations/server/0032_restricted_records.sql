-- Restricted patients, and who has opened such a record for an hour and why (feed front); columns as in
-- wattle_domain::entities. Who may do what with them is asked of the table of grants here too.

CREATE TABLE clinic.restriction (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    patient_id uuid NOT NULL,
    active boolean NOT NULL,
    open_to jsonb NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT restriction_people CHECK (jsonb_typeof(open_to) = 'array'),
    CONSTRAINT restriction_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX restriction_of ON clinic.restriction (clinic_id, patient_id);

CREATE TABLE clinic.broken_glass (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Who broke it: the stamp says so, and no statement can.
    created_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by uuid,
    origin_workstation uuid,
    deleted_at timestamptz,
    deleted_reason text,
    patient_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    reason text NOT NULL,
    seen_by uuid,
    seen_at timestamptz,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT broken_glass_seen CHECK ((seen_by IS NULL) = (seen_at IS NULL)),
    CONSTRAINT broken_glass_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX broken_glass_of ON clinic.broken_glass (clinic_id, patient_id);

SELECT clinic.enlist('restriction', 'front', 'record');
SELECT clinic.enlist('broken_glass', 'front', 'record');
SELECT clinic.seal_columns('broken_glass', '{reason}');

-- Beside the policies by class: both must agree.
DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN SELECT * FROM (VALUES
        ('restriction', 'INSERT', 'restriction', 'write'), ('restriction', 'UPDATE', 'restriction', 'write'),
        ('broken_glass', 'INSERT', 'broken_glass', 'write'), ('broken_glass', 'UPDATE', 'broken_glass', 'read')
    ) AS r (tbl, verb, noun, action) LOOP
        EXECUTE format('CREATE POLICY granted_%s ON clinic.%I AS RESTRICTIVE FOR %s TO wattle_app %s ((SELECT sync.acting_may(%L, %L)))',
            lower(rule.verb), rule.tbl, rule.verb, CASE rule.verb WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END,
            rule.noun, rule.action);
    END LOOP;
END $$;

-- A broken glass stays as it was said. Only that somebody has looked at the notice is added, in their own name; of two who
-- look at once the first stays named.
CREATE FUNCTION clinic.guard_glass() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user <> 'wattle_app' THEN
        RETURN NEW;
    END IF;
    IF OLD.seen_by IS NOT NULL THEN
        NEW.seen_by := OLD.seen_by;
        NEW.seen_at := OLD.seen_at;
    ELSIF NEW.seen_by <> nullif(current_setting('wattle.user', true), '')::uuid THEN
        RAISE EXCEPTION 'may not' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.patient_id, NEW.opened_at, NEW.reason, NEW.deleted_at)
            IS DISTINCT FROM (OLD.patient_id, OLD.opened_at, OLD.reason, OLD.deleted_at) THEN
        RAISE EXCEPTION 'a broken glass stays broken' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_glass BEFORE UPDATE ON clinic.broken_glass
    FOR EACH ROW EXECUTE FUNCTION clinic.guard_glass();
ALTER TABLE clinic.broken_glass ENABLE ALWAYS TRIGGER guard_glass;
