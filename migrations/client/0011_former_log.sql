-- Schema 11: the log of the system before Wattle.

CREATE TABLE former_event (
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
    user_id            TEXT NOT NULL,
    action             TEXT NOT NULL,
    patient_id         TEXT,
    place              TEXT,
    record             TEXT,
    field              TEXT,
    extra              TEXT
) STRICT;

-- The log page lists the newest first, of everything or of one patient, and offers the kinds that occur.
CREATE INDEX former_event_at ON former_event (at);
CREATE INDEX former_event_patient ON former_event (patient_id, at) WHERE patient_id IS NOT NULL;
CREATE INDEX former_event_action ON former_event (action, at);
