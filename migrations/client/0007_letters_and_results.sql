-- Schema 7: the address book, consents, letters, and the inbox of results.

-- The address book.
CREATE TABLE external_provider (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    name               TEXT NOT NULL,
    profession         TEXT,
    organisation       TEXT,
    line1              TEXT,
    suburb             TEXT,
    state              TEXT,
    postcode           TEXT,
    phone              TEXT,
    fax                TEXT,
    email              TEXT,
    provider_number    TEXT,
    active             INTEGER NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- What patients agreed to, or took back.
CREATE TABLE consent (
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
    given              INTEGER NOT NULL,
    note               TEXT NOT NULL,
    said_at            INTEGER NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX consent_patient ON consent (patient_id, said_at);

-- Letters that left the clinic.
CREATE TABLE letter (
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
    provider_id        TEXT,
    recipient          TEXT NOT NULL,
    subject            TEXT NOT NULL,
    body               TEXT NOT NULL,
    author_id          TEXT NOT NULL,
    written_at         INTEGER NOT NULL,
    document_id        TEXT,
    extra              TEXT
) STRICT;
CREATE INDEX letter_patient ON letter (patient_id, written_at);

-- Results, and what was done about them.
CREATE TABLE inbox_item (
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
    practitioner_id    TEXT,
    title              TEXT NOT NULL,
    source             TEXT,
    text               TEXT,
    document_id        TEXT,
    abnormal           INTEGER NOT NULL,
    received_at        INTEGER NOT NULL,
    action             TEXT,
    action_note        TEXT,
    actioned_by        TEXT,
    actioned_at        INTEGER,
    extra              TEXT
) STRICT;
CREATE INDEX inbox_item_patient ON inbox_item (patient_id);
CREATE INDEX inbox_item_waiting ON inbox_item (received_at) WHERE action IS NULL;
