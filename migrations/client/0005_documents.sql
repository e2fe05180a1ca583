-- Schema 5: documents. Their bytes are in files beside this one.

-- Documents that the desk needs.
CREATE TABLE desk_document (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    patient_id         TEXT NOT NULL,
    kind               TEXT NOT NULL,
    title              TEXT NOT NULL,
    source             TEXT NOT NULL,
    mime               TEXT NOT NULL,
    size_bytes         INTEGER NOT NULL,
    sha256             TEXT NOT NULL,
    captured_at        INTEGER NOT NULL,
    workstation_id     TEXT NOT NULL,
    status             TEXT NOT NULL,
    stored_at          INTEGER,
    lost_at            INTEGER,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX desk_document_patient ON desk_document (patient_id);
CREATE INDEX desk_document_lost ON desk_document (lost_at) WHERE lost_at IS NOT NULL;

-- Clinical documents.
CREATE TABLE document (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    patient_id         TEXT NOT NULL,
    kind               TEXT NOT NULL,
    title              TEXT NOT NULL,
    source             TEXT NOT NULL,
    mime               TEXT NOT NULL,
    size_bytes         INTEGER NOT NULL,
    sha256             TEXT NOT NULL,
    captured_at        INTEGER NOT NULL,
    workstation_id     TEXT NOT NULL,
    status             TEXT NOT NULL,
    stored_at          INTEGER,
    lost_at            INTEGER,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX document_patient ON document (patient_id);
CREATE INDEX document_lost ON document (lost_at) WHERE lost_at IS NOT NULL;
