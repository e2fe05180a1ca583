-- The synced tables of the feeds ref, front and admin; columns as in wattle_domain::entities (a test compares them).
-- Clinic in every key; foreign keys are deferrable, so that a batch may come in any order.

-- Copied into every synced table by LIKE, and dropped at the end.
CREATE TABLE clinic.synced_row (
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
    PRIMARY KEY (clinic_id, id)
);

-- ref ---------------------------------------------------------------------------------------------------------------

CREATE TABLE clinic.clinic (
    LIKE clinic.synced_row INCLUDING ALL,
    name text NOT NULL CHECK (name <> ''),
    abn text CHECK (abn ~ '^[0-9]{11}$'),
    time_zone text NOT NULL,
    state text,
    CONSTRAINT clinic_is_itself CHECK (id = clinic_id),
    CONSTRAINT clinic_one_row UNIQUE (clinic_id)
);

CREATE TABLE clinic.location (
    LIKE clinic.synced_row INCLUDING ALL,
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL CHECK (kind IN ('site', 'room')),
    parent_id uuid,
    CONSTRAINT location_parent FOREIGN KEY (clinic_id, parent_id) REFERENCES clinic.location (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT location_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.user_name (
    LIKE clinic.synced_row INCLUDING ALL,
    display_name text NOT NULL CHECK (display_name <> ''),
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT user_name_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.practitioner (
    LIKE clinic.synced_row INCLUDING ALL,
    user_id uuid,
    title text,
    family_name text NOT NULL CHECK (family_name <> ''),
    given_name text,
    profession text,
    ahpra_number text,
    hpii text,
    prescriber_number text,
    usual_duration_min bigint NOT NULL CHECK (usual_duration_min BETWEEN 1 AND 1440),
    usual_room_id uuid,
    sort bigint NOT NULL,
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT practitioner_user FOREIGN KEY (clinic_id, user_id) REFERENCES clinic.user_name (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT practitioner_usual_room FOREIGN KEY (clinic_id, usual_room_id)
        REFERENCES clinic.location (clinic_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT practitioner_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);
-- One column of the day book a person.
CREATE UNIQUE INDEX practitioner_one_per_user ON clinic.practitioner (clinic_id, user_id) WHERE deleted_at IS NULL;

CREATE TABLE clinic.practitioner_location (
    LIKE clinic.synced_row INCLUDING ALL,
    practitioner_id uuid NOT NULL,
    location_id uuid,
    provider_number text NOT NULL,
    check_failed boolean NOT NULL,
    CONSTRAINT practitioner_location_practitioner FOREIGN KEY (clinic_id, practitioner_id)
        REFERENCES clinic.practitioner (clinic_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT practitioner_location_location FOREIGN KEY (clinic_id, location_id)
        REFERENCES clinic.location (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.appointment_type (
    LIKE clinic.synced_row INCLUDING ALL,
    name text NOT NULL CHECK (name <> ''),
    duration_min bigint NOT NULL CHECK (duration_min BETWEEN 1 AND 1440),
    hue bigint NOT NULL CHECK (hue BETWEEN 1 AND 8),
    sort bigint NOT NULL,
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT appointment_type_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE clinic.session_template (
    LIKE clinic.synced_row INCLUDING ALL,
    practitioner_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('session', 'break', 'leave')),
    weekday bigint CHECK (weekday BETWEEN 0 AND 6),
    from_date date,
    to_date date,
    starts_min bigint NOT NULL,
    ends_min bigint NOT NULL,
    CONSTRAINT session_template_minutes CHECK (0 <= starts_min AND starts_min < ends_min AND ends_min <= 1440),
    CONSTRAINT session_template_practitioner FOREIGN KEY (clinic_id, practitioner_id)
        REFERENCES clinic.practitioner (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);

-- front -------------------------------------------------------------------------------------------------------------

CREATE TABLE clinic.patient (
    LIKE clinic.synced_row INCLUDING ALL,
    record_number text,
    title text,
    family_name text NOT NULL CHECK (family_name <> ''),
    given_name text,
    preferred_name text,
    birth_date date,
    birth_date_accuracy text NOT NULL CHECK (birth_date_accuracy IN ('exact', 'estimated', 'unknown')),
    sex text NOT NULL CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    gender text,
    pronouns text,
    indigenous_status text,
    interpreter_language text,
    deceased_on date,
    usual_practitioner_id uuid,
    merged_into uuid,
    field_changes jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT patient_usual_practitioner FOREIGN KEY (clinic_id, usual_practitioner_id)
        REFERENCES clinic.practitioner (clinic_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT patient_merged_into FOREIGN KEY (clinic_id, merged_into) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT patient_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX patient_record_number ON clinic.patient (clinic_id, record_number);

CREATE TABLE clinic.patient_identifier (
    LIKE clinic.synced_row INCLUDING ALL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('medicare', 'ihi', 'dva', 'pension', 'hcc', 'private', 'legacy')),
    value text NOT NULL,
    reference text,
    expires_on date,
    check_failed boolean NOT NULL,
    field_changes jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT patient_identifier_patient FOREIGN KEY (clinic_id, patient_id)
        REFERENCES clinic.patient (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX patient_identifier_of ON clinic.patient_identifier (clinic_id, patient_id);
CREATE UNIQUE INDEX patient_identifier_ihi ON clinic.patient_identifier (clinic_id, value)
    WHERE kind = 'ihi' AND deleted_at IS NULL;

CREATE TABLE clinic.patient_contact (
    LIKE clinic.synced_row INCLUDING ALL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('mobile', 'home', 'work', 'email', 'next_of_kin', 'guardian')),
    value text NOT NULL,
    name text,
    note text,
    preferred boolean NOT NULL,
    field_changes jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT patient_contact_patient FOREIGN KEY (clinic_id, patient_id)
        REFERENCES clinic.patient (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX patient_contact_of ON clinic.patient_contact (clinic_id, patient_id);

CREATE TABLE clinic.address (
    LIKE clinic.synced_row INCLUDING ALL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('home', 'postal')),
    line1 text NOT NULL,
    line2 text,
    suburb text,
    state text,
    postcode text,
    field_changes jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT address_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX address_of ON clinic.address (clinic_id, patient_id);

CREATE TABLE clinic.alert (
    LIKE clinic.synced_row INCLUDING ALL,
    patient_id uuid NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    text text NOT NULL,
    place text NOT NULL CHECK (place IN ('booking', 'opening', 'billing')),
    expires_on date,
    CONSTRAINT alert_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX alert_of ON clinic.alert (clinic_id, patient_id);

CREATE TABLE clinic.appointment (
    LIKE clinic.synced_row INCLUDING ALL,
    practitioner_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    type_id uuid NOT NULL,
    room_id uuid,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    status text NOT NULL
        CHECK (status IN ('booked', 'confirmed', 'arrived', 'in_consult', 'done', 'did_not_attend', 'cancelled')),
    double_booking boolean NOT NULL,
    note text,
    arrived_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    cancelled_reason text,
    CONSTRAINT appointment_span CHECK (start_at < end_at AND end_at <= start_at + interval '24 hours'),
    CONSTRAINT appointment_practitioner FOREIGN KEY (clinic_id, practitioner_id)
        REFERENCES clinic.practitioner (clinic_id, id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT appointment_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT appointment_type FOREIGN KEY (clinic_id, type_id) REFERENCES clinic.appointment_type (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT appointment_room FOREIGN KEY (clinic_id, room_id) REFERENCES clinic.location (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT appointment_no_overlap EXCLUDE USING gist (
        clinic_id WITH =, practitioner_id WITH =, tstzrange(start_at, end_at) WITH &&
    ) WHERE (NOT double_booking AND status NOT IN ('cancelled', 'did_not_attend') AND deleted_at IS NULL)
);
CREATE INDEX appointment_book ON clinic.appointment (clinic_id, practitioner_id, start_at);
CREATE INDEX appointment_of ON clinic.appointment (clinic_id, patient_id);

CREATE TABLE clinic.appointment_event (
    LIKE clinic.synced_row INCLUDING ALL,
    appointment_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('booked', 'confirmed', 'rescheduled', 'arrived', 'roomed', 'in_consult', 'done',
        'did_not_attend', 'cancelled')),
    at timestamptz NOT NULL,
    reason text,
    CONSTRAINT appointment_event_appointment FOREIGN KEY (clinic_id, appointment_id)
        REFERENCES clinic.appointment (clinic_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX appointment_event_of ON clinic.appointment_event (clinic_id, appointment_id);

CREATE TABLE clinic.conflict (
    LIKE clinic.synced_row INCLUDING ALL,
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
    CONSTRAINT conflict_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX conflict_of ON clinic.conflict (clinic_id, patient_id);

-- admin -------------------------------------------------------------------------------------------------------------

-- No foreign key to the patient: what was refused is logged too, and may name a patient that never came to be.
CREATE TABLE clinic.audit_event (
    LIKE clinic.synced_row INCLUDING ALL,
    at timestamptz NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    workstation_id uuid NOT NULL,
    action text NOT NULL,
    command_id uuid NOT NULL,
    patient_id uuid,
    outcome text NOT NULL,
    changes jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_event_clinic FOREIGN KEY (clinic_id) REFERENCES clinic.clinic (clinic_id)
        DEFERRABLE INITIALLY DEFERRED
);
-- A fork of the chain cannot be written.
CREATE UNIQUE INDEX audit_event_chain ON clinic.audit_event (clinic_id, prev_hash);

DROP TABLE clinic.synced_row;

SELECT clinic.enlist('clinic', 'ref', 'reference');
SELECT clinic.enlist('location', 'ref', 'reference');
SELECT clinic.enlist('user_name', 'ref', 'reference');
SELECT clinic.enlist('practitioner', 'ref', 'reference');
SELECT clinic.enlist('practitioner_location', 'ref', 'reference');
SELECT clinic.enlist('appointment_type', 'ref', 'reference');
SELECT clinic.enlist('session_template', 'ref', 'reference');
SELECT clinic.enlist('patient', 'front', 'record');
SELECT clinic.enlist('patient_identifier', 'front', 'record');
SELECT clinic.enlist('patient_contact', 'front', 'record');
SELECT clinic.enlist('address', 'front', 'record');
SELECT clinic.enlist('alert', 'front', 'record');
SELECT clinic.enlist('appointment', 'front', 'record');
SELECT clinic.enlist('appointment_event', 'front', 'append_only');
SELECT clinic.enlist('conflict', 'front', 'record');
SELECT clinic.enlist('audit_event', 'admin', 'append_only');
