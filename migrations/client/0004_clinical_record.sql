-- Schema 4: the clinical record, and recalls. Drafts of notes.

-- Whom to ask back, and when.
CREATE TABLE recall (
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
    due_on             TEXT NOT NULL,
    reason             TEXT NOT NULL,
    comment            TEXT,
    status             TEXT NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX recall_patient ON recall (patient_id);
CREATE INDEX recall_due ON recall (status, due_on);

-- What a patient does not bear, or nil known.
CREATE TABLE allergy (
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
    substance          TEXT,
    code               TEXT,
    reaction           TEXT,
    severity           TEXT,
    onset_on           TEXT,
    status             TEXT NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX allergy_patient ON allergy (patient_id);

-- A problem.
CREATE TABLE condition (
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
    code               TEXT,
    text               TEXT NOT NULL,
    comment            TEXT,
    onset_on           TEXT,
    ended_on           TEXT,
    status             TEXT NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX condition_patient ON condition (patient_id);

-- A medicine.
CREATE TABLE medication (
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
    code               TEXT,
    text               TEXT NOT NULL,
    directions         TEXT,
    quantity           INTEGER,
    repeats            INTEGER,
    reason             TEXT,
    started_on         TEXT,
    ended_on           TEXT,
    allergy_override   TEXT,
    status             TEXT NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
CREATE INDEX medication_patient ON medication (patient_id);

-- A measured value, in thousandths of its unit.
CREATE TABLE observation (
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
    appointment_id     TEXT,
    code               TEXT NOT NULL,
    value_milli        INTEGER,
    second_milli       INTEGER,
    unit               TEXT NOT NULL,
    effective_at       INTEGER NOT NULL,
    comment            TEXT,
    supersedes         TEXT,
    extra              TEXT
) STRICT;
CREATE INDEX observation_patient ON observation (patient_id, effective_at);

-- A signed text.
CREATE TABLE clinical_note (
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
    appointment_id     TEXT,
    kind               TEXT NOT NULL,
    body               TEXT NOT NULL,
    author_id          TEXT NOT NULL,
    signed_at          INTEGER NOT NULL,
    supersedes         TEXT,
    amends             TEXT,
    extra              TEXT
) STRICT;
CREATE INDEX clinical_note_patient ON clinical_note (patient_id, signed_at);

-- As conflict, about the clinical record.
CREATE TABLE record_conflict (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    command_id         TEXT NOT NULL,
    table_name         TEXT NOT NULL,
    row_id             TEXT NOT NULL,
    field              TEXT NOT NULL,
    patient_id         TEXT,
    kept_value         TEXT NOT NULL,
    kept_by            TEXT,
    kept_at            INTEGER NOT NULL,
    kept_workstation   TEXT,
    other_value        TEXT NOT NULL,
    other_by           TEXT,
    other_at           INTEGER,
    other_workstation  TEXT,
    status             TEXT NOT NULL,
    chosen_value       TEXT NOT NULL,
    resolved_by        TEXT,
    resolved_at        INTEGER,
    extra              TEXT
) STRICT;
CREATE INDEX record_conflict_status ON record_conflict (status);

-- A note that nobody has signed yet: of one author, in this file only. It has the id that the note will get, so that a draft
-- whose note is there is known to be done with, whatever was cut off in between.
CREATE TABLE note_draft (
    note_id            TEXT PRIMARY KEY NOT NULL,
    author             TEXT NOT NULL,
    patient_id         TEXT NOT NULL,
    appointment_id     TEXT,
    supersedes         TEXT,
    amends             TEXT,
    body               TEXT NOT NULL,
    saved_at           INTEGER NOT NULL
) STRICT;
CREATE INDEX note_draft_patient ON note_draft (patient_id, author);
