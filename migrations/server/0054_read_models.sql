-- Read models: what migrations/models makes of the clinic's tables, for whoever counts and reports. Nothing reads them back
-- into schema clinic, no workstation gets them, and the app's role has nothing to do with them: which of a clinic's people
-- may see which class, and which records are restricted, is kept by the tables they are made of and could not be kept
-- here. They hold no column that rests sealed there, only how many there are.

CREATE SCHEMA read_model;
-- The migrator makes the view of what came from where: only it may read staging. What a refresh puts together in between is
-- part of its statement.
GRANT USAGE, CREATE ON SCHEMA read_model TO wattle_migrator;

CREATE TABLE read_model.todays_appointments (
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    -- The clinic's own day.
    day date NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    status text NOT NULL,
    double_booking boolean NOT NULL,
    practitioner_id uuid NOT NULL,
    practitioner text NOT NULL,
    patient_id uuid NOT NULL,
    record_number text,
    family_name text NOT NULL,
    given_name text,
    preferred_name text,
    birth_date date,
    restricted boolean NOT NULL,
    type text NOT NULL,
    room text,
    arrived_at timestamptz,
    started_at timestamptz,
    PRIMARY KEY (clinic_id, appointment_id)
);
CREATE INDEX todays_appointments_day ON read_model.todays_appointments (clinic_id, day, start_at);

CREATE TABLE read_model.waiting_room (
    clinic_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    status text NOT NULL,
    start_at timestamptz NOT NULL,
    arrived_at timestamptz,
    started_at timestamptz,
    practitioner_id uuid NOT NULL,
    practitioner text NOT NULL,
    patient_id uuid NOT NULL,
    record_number text,
    family_name text NOT NULL,
    given_name text,
    preferred_name text,
    restricted boolean NOT NULL,
    room text,
    PRIMARY KEY (clinic_id, appointment_id)
);

CREATE TABLE read_model.patient_summary (
    clinic_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    record_number text,
    title text,
    family_name text NOT NULL,
    given_name text,
    preferred_name text,
    birth_date date,
    sex text NOT NULL,
    deceased_on date,
    usual_practitioner text,
    restricted boolean NOT NULL,
    last_visit_at timestamptz,
    next_appointment_at timestamptz,
    appointments bigint NOT NULL,
    did_not_attend bigint NOT NULL,
    alerts bigint NOT NULL,
    allergies bigint NOT NULL,
    nil_known_allergies boolean NOT NULL,
    conditions bigint NOT NULL,
    medications bigint NOT NULL,
    last_note_at timestamptz,
    recalls_due bigint NOT NULL,
    results_waiting bigint NOT NULL,
    PRIMARY KEY (clinic_id, patient_id)
);
CREATE INDEX patient_summary_name ON read_model.patient_summary (clinic_id, family_name, given_name);
CREATE INDEX patient_summary_number ON read_model.patient_summary (clinic_id, record_number);

CREATE TABLE read_model.unactioned_results (
    clinic_id uuid NOT NULL,
    inbox_item_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    abnormal boolean NOT NULL,
    document_id uuid,
    practitioner_id uuid,
    practitioner text,
    patient_id uuid NOT NULL,
    record_number text,
    family_name text NOT NULL,
    given_name text,
    restricted boolean NOT NULL,
    PRIMARY KEY (clinic_id, inbox_item_id)
);
CREATE INDEX unactioned_results_waiting ON read_model.unactioned_results (clinic_id, abnormal, received_at);

CREATE TABLE read_model.import_account (
    clinic_id uuid NOT NULL,
    source_file text NOT NULL,
    source_table text NOT NULL,
    run_id uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    route text NOT NULL,
    export_name text NOT NULL,
    read_records bigint NOT NULL,
    loaded_records bigint NOT NULL,
    rejected_records bigint NOT NULL,
    -- Records by the code of their reason.
    rejects jsonb NOT NULL,
    -- Rows of all tables that its records have become, in this run or an earlier one.
    target_rows bigint NOT NULL,
    PRIMARY KEY (clinic_id, source_file, source_table)
);

-- Which SQL made a model when, and what it changed; a month of it.
CREATE TABLE read_model.refresh (
    clinic_id uuid NOT NULL,
    -- The run of the import, or one of its own.
    run_id uuid NOT NULL,
    model text NOT NULL,
    -- SHA-256 of the file.
    sql_hash text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    held bigint NOT NULL,
    inserted bigint NOT NULL,
    updated bigint NOT NULL,
    deleted bigint NOT NULL,
    -- Tests that held.
    tests bigint NOT NULL,
    PRIMARY KEY (clinic_id, run_id, model)
);

DO $$
DECLARE
    here constant text := '(clinic_id = (SELECT sync.current_clinic()))';
    t text;
BEGIN
    FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'read_model'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE read_model.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE read_model.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner_here ON read_model.%I TO wattle_owner USING %s', t, here);
        EXECUTE format('CREATE POLICY migrator_here ON read_model.%I TO wattle_migrator USING %s', t, here);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON read_model.%I TO wattle_migrator', t);
    END LOOP;
END $$;

-- The server's own work has a second kind: they are kept fresh.
ALTER TABLE clinic.job DROP CONSTRAINT job_kind_check;
ALTER TABLE clinic.job ADD CONSTRAINT job_kind_check CHECK (kind IN ('audit_documents', 'refresh_models'));
