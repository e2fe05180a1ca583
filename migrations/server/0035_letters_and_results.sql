-- The address book (feed ref), consents (feed front), letters and the inbox of results (feed clinical); columns as in
-- wattle_domain::entities. Documents and recipients are named by id alone: a
-- letter does not fall with an entry of the address book, and a document may come later.

CREATE TABLE clinic.external_provider (
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
    name text NOT NULL,
    profession text,
    organisation text,
    line1 text,
    suburb text,
    state text,
    postcode text,
    phone text,
    fax text,
    email text,
    provider_number text,
    active boolean NOT NULL,
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT external_provider_name CHECK (name <> '')
);

CREATE TABLE clinic.consent (
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
    kind text NOT NULL CHECK (kind IN ('share_record')),
    given boolean NOT NULL,
    note text NOT NULL,
    said_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT consent_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX consent_of ON clinic.consent (clinic_id, patient_id);

CREATE TABLE clinic.letter (
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
    provider_id uuid,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    author_id uuid NOT NULL,
    written_at timestamptz NOT NULL,
    document_id uuid,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT letter_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX letter_of ON clinic.letter (clinic_id, patient_id);

CREATE TABLE clinic.inbox_item (
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
    title text NOT NULL,
    source text,
    text text,
    document_id uuid,
    abnormal boolean NOT NULL,
    received_at timestamptz NOT NULL,
    action text CHECK (action IN ('no_action', 'told', 'tell', 'repeat', 'recall')),
    action_note text,
    actioned_by uuid,
    actioned_at timestamptz,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT inbox_item_action CHECK ((action IS NULL) = (actioned_by IS NULL) AND (action IS NULL) = (actioned_at IS NULL)),
    CONSTRAINT inbox_item_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT inbox_item_practitioner FOREIGN KEY (clinic_id, practitioner_id) REFERENCES clinic.practitioner (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX inbox_item_of ON clinic.inbox_item (clinic_id, patient_id);
CREATE INDEX inbox_item_waiting ON clinic.inbox_item (clinic_id, received_at) WHERE action IS NULL;

SELECT clinic.enlist('external_provider', 'ref', 'record');
SELECT clinic.enlist('consent', 'front', 'append_only');
SELECT clinic.enlist('letter', 'clinical', 'append_only');
SELECT clinic.enlist('inbox_item', 'clinical', 'record');

SELECT clinic.seal_columns('consent', '{note}');
SELECT clinic.seal_columns('letter', '{recipient, subject, body}');
SELECT clinic.seal_columns('inbox_item', '{title, source, text, action_note}');

-- Every role holds the feed of the address book; the table of grants says who keeps it.
CREATE POLICY granted_insert ON clinic.external_provider AS RESTRICTIVE FOR INSERT TO wattle_app
    WITH CHECK ((SELECT sync.acting_may('patient', 'write')));
CREATE POLICY granted_update ON clinic.external_provider AS RESTRICTIVE FOR UPDATE TO wattle_app
    USING ((SELECT sync.acting_may('patient', 'write')));
