-- Schema 3: when an audited act was done, by its workstation's clock; the log of access.

ALTER TABLE audit_event ADD COLUMN issued_at INTEGER;

-- One entry of the log of access.
CREATE TABLE access_event (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    at                 INTEGER NOT NULL,
    user_id            TEXT,
    workstation_id     TEXT,
    action             TEXT NOT NULL,
    subject_id         TEXT,
    patient_id         TEXT,
    reason             TEXT,
    detail             TEXT NOT NULL,
    prev_hash          TEXT NOT NULL,
    hash               TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- The audit page lists the newest first, of everything or of one patient.
CREATE INDEX audit_event_at ON audit_event (at);
CREATE INDEX audit_event_patient ON audit_event (patient_id, at) WHERE patient_id IS NOT NULL;
CREATE INDEX access_event_at ON access_event (at);
