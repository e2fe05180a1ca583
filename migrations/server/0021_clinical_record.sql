-- The clinical record (feed clinical) and recalls (feed front); columns as in wattle_domain::entities.
--
-- Notes and observations point to appointments by id alone: a booking that the server refused takes no note with it.

CREATE TABLE clinic.recall (
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
    practitioner_id uuid,
    due_on date NOT NULL,
    reason text NOT NULL,
    comment text,
    status text NOT NULL CHECK (status IN ('due', 'done', 'cancelled')),
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT recall_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT recall_practitioner FOREIGN KEY (clinic_id, practitioner_id) REFERENCES clinic.practitioner (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX recall_of ON clinic.recall (clinic_id, patient_id);

CREATE TABLE clinic.allergy (
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
    kind text NOT NULL CHECK (kind IN ('allergy', 'intolerance', 'nil_known')),
    substance text,
    code text,
    reaction text,
    severity text CHECK (severity IN ('mild', 'moderate', 'severe')),
    onset_on date,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'entered_in_error')),
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT allergy_substance CHECK ((kind = 'nil_known') = (substance IS NULL)),
    CONSTRAINT allergy_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX allergy_of ON clinic.allergy (clinic_id, patient_id);

CREATE TABLE clinic.condition (
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
    code text,
    text text NOT NULL,
    comment text,
    onset_on date,
    ended_on date,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'entered_in_error')),
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT condition_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX condition_of ON clinic.condition (clinic_id, patient_id);

CREATE TABLE clinic.medication (
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
    code text,
    text text NOT NULL,
    directions text,
    quantity bigint,
    repeats bigint,
    reason text,
    started_on date,
    ended_on date,
    allergy_override text,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'entered_in_error')),
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT medication_quantity CHECK (quantity > 0 AND repeats >= 0),
    CONSTRAINT medication_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX medication_of ON clinic.medication (clinic_id, patient_id);

CREATE TABLE clinic.observation (
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
    appointment_id uuid,
    code text NOT NULL
        CHECK (code IN ('blood_pressure', 'heart_rate', 'respiratory_rate', 'temperature', 'oxygen_saturation', 'weight', 'height', 'waist', 'head_circumference', 'blood_glucose', 'pain')),
    value_milli bigint,
    second_milli bigint,
    unit text NOT NULL,
    effective_at timestamptz NOT NULL,
    comment text,
    supersedes uuid,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT observation_value CHECK (value_milli IS NOT NULL OR supersedes IS NOT NULL),
    CONSTRAINT observation_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT observation_supersedes FOREIGN KEY (clinic_id, supersedes) REFERENCES clinic.observation (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX observation_of ON clinic.observation (clinic_id, patient_id);

CREATE TABLE clinic.clinical_note (
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
    appointment_id uuid,
    kind text NOT NULL CHECK (kind IN ('note', 'addendum')),
    body text NOT NULL,
    author_id uuid NOT NULL,
    signed_at timestamptz NOT NULL,
    supersedes uuid,
    amends uuid,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT clinical_note_body CHECK (body <> ''),
    CONSTRAINT clinical_note_one_earlier CHECK (supersedes IS NULL OR amends IS NULL),
    CONSTRAINT clinical_note_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT clinical_note_supersedes FOREIGN KEY (clinic_id, supersedes) REFERENCES clinic.clinical_note (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT clinical_note_amends FOREIGN KEY (clinic_id, amends) REFERENCES clinic.clinical_note (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX clinical_note_of ON clinic.clinical_note (clinic_id, patient_id);

CREATE TABLE clinic.record_conflict (
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
    command_id uuid NOT NULL,
    table_name text NOT NULL,
    row_id uuid NOT NULL,
    field text NOT NULL,
    patient_id uuid,
    kept_value jsonb NOT NULL,
    kept_by uuid,
    kept_at timestamptz NOT NULL,
    kept_workstation uuid,
    other_value jsonb NOT NULL,
    other_by uuid,
    other_at timestamptz,
    other_workstation uuid,
    status text NOT NULL CHECK (status IN ('open', 'resolved')),
    chosen_value jsonb NOT NULL,
    resolved_by uuid,
    resolved_at timestamptz,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT record_conflict_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX record_conflict_of ON clinic.record_conflict (clinic_id, patient_id);

SELECT clinic.enlist('recall', 'front', 'record');
SELECT clinic.enlist('allergy', 'clinical', 'record');
SELECT clinic.enlist('condition', 'clinical', 'record');
SELECT clinic.enlist('medication', 'clinical', 'record');
SELECT clinic.enlist('observation', 'clinical', 'append_only');
SELECT clinic.enlist('clinical_note', 'clinical', 'append_only');
SELECT clinic.enlist('record_conflict', 'clinical', 'record');
