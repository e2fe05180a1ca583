-- Documents: what is known of each (feeds front and clinical; columns as in wattle_domain::entities), and where its bytes are.

CREATE TABLE clinic.desk_document (
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
    kind text NOT NULL
        CHECK (kind IN ('referral', 'consent', 'identity', 'form', 'letter', 'result', 'clinical_image', 'own_letter', 'other')),
    title text NOT NULL,
    source text NOT NULL CHECK (source IN ('file', 'paste', 'scan', 'camera', 'written')),
    mime text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    captured_at timestamptz NOT NULL,
    workstation_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('current', 'withdrawn')),
    stored_at timestamptz,
    lost_at timestamptz,
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT desk_document_size CHECK (size_bytes > 0),
    CONSTRAINT desk_document_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX desk_document_of ON clinic.desk_document (clinic_id, patient_id);

CREATE TABLE clinic.document (
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
    kind text NOT NULL
        CHECK (kind IN ('referral', 'consent', 'identity', 'form', 'letter', 'result', 'clinical_image', 'own_letter', 'other')),
    title text NOT NULL,
    source text NOT NULL CHECK (source IN ('file', 'paste', 'scan', 'camera', 'written')),
    mime text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    captured_at timestamptz NOT NULL,
    workstation_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('current', 'withdrawn')),
    stored_at timestamptz,
    lost_at timestamptz,
    field_changes jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT document_size CHECK (size_bytes > 0),
    CONSTRAINT document_patient FOREIGN KEY (clinic_id, patient_id) REFERENCES clinic.patient (clinic_id, id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX document_of ON clinic.document (clinic_id, patient_id);

SELECT clinic.enlist('desk_document', 'front', 'record');
SELECT clinic.enlist('document', 'clinical', 'record');
SELECT clinic.seal_columns('desk_document', '{title}');
SELECT clinic.seal_columns('document', '{title}');

-- Where a document's bytes are: parts in object storage under an unguessable name, sealed under a key of the document's own,
-- which rests sealed under the clinic's as other columns do.
CREATE TABLE clinic.document_blob (
    clinic_id uuid NOT NULL,
    document_id uuid NOT NULL,
    -- Of the document: whoever may not have its feed may not have its key.
    feed text NOT NULL CHECK (feed IN ('front', 'clinical')),
    -- Random; its parts are <folder>/0000 and so on.
    folder text NOT NULL UNIQUE CHECK (folder ~ '^documents/[0-9a-f-]{36}/[0-9a-f]{32}$'),
    -- Base64 of 32 bytes.
    key text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    -- The server has read all of it and found size and hash right.
    stored_at timestamptz,
    -- Last looked at by the audit of the store.
    checked_at timestamptz,
    PRIMARY KEY (clinic_id, document_id)
);
ALTER TABLE clinic.document_blob ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.document_blob FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.document_blob TO wattle_owner USING (true);
CREATE POLICY app_here ON clinic.document_blob TO wattle_app
    USING (clinic_id = (SELECT sync.current_clinic()) AND feed = ANY ((SELECT sync.granted_classes())::text[]));
GRANT SELECT, INSERT, UPDATE ON clinic.document_blob TO wattle_app;

SELECT clinic.seal_columns('document_blob', '{key}', '{}', 'document_id');

-- Folders of the store that belong to no document. Kept for ever: it is the log of what was removed, and when.
CREATE TABLE clinic.document_orphan (
    clinic_id uuid NOT NULL,
    folder text NOT NULL,
    seen_at timestamptz NOT NULL,
    parts bigint NOT NULL,
    size_bytes bigint NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (clinic_id, folder)
);
ALTER TABLE clinic.document_orphan ENABLE ROW LEVEL SECURITY;
ALTER TABLE clinic.document_orphan FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON clinic.document_orphan TO wattle_owner USING (true);
