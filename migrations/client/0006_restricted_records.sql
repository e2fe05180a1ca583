-- Schema 6: restricted patients, and who has opened such a record. Medicare cards that two patients have.

CREATE TABLE restriction (
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
    active             INTEGER NOT NULL,
    open_to            TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX restriction_of ON restriction (patient_id);

CREATE TABLE broken_glass (
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
    opened_at          INTEGER NOT NULL,
    reason             TEXT NOT NULL,
    seen_by            TEXT,
    seen_at            INTEGER,
    extra              TEXT
) STRICT;
CREATE INDEX broken_glass_of ON broken_glass (patient_id);
-- Notices that nobody has looked at are counted at every turn.
CREATE INDEX broken_glass_unseen ON broken_glass (opened_at) WHERE seen_by IS NULL;

-- Looked through for cards that stand twice.
CREATE INDEX patient_identifier_medicare ON patient_identifier (value, reference, patient_id)
    WHERE kind = 'medicare' AND reference IS NOT NULL AND deleted_at IS NULL;
