-- Schema 1 of a workstation's file. Append-only: a change is a new file.
--
-- Synced tables hold the rows as people see them: the server's rows with the effect of this workstation's pending
-- commands over them. Their columns are those of the entity in crates/domain (a test holds this), the common ones, and
-- `extra`: a JSON object of columns that this version does not know, kept for the version that will.
--
-- No foreign keys, on purpose: PostgreSQL has them. Here a parent may be missing for good reasons (a feed that this
-- profile may not hold, a row that row-level security hides, a table that this version does not know, a pull that
-- stopped between two commits), and one such row must never stop all downloads.

-- A tenant.
CREATE TABLE clinic (
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
    abn                TEXT,
    time_zone          TEXT NOT NULL,
    state              TEXT,
    extra              TEXT
) STRICT;

-- A site, or a room of a site.
CREATE TABLE location (
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
    kind               TEXT NOT NULL,
    parent_id          TEXT,
    extra              TEXT
) STRICT;

-- A name; accounts and passwords never leave the server.
CREATE TABLE user_name (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    display_name       TEXT NOT NULL,
    active             INTEGER NOT NULL,
    extra              TEXT
) STRICT;

-- A doctor, nurse or allied health professional with a column in the day book.
CREATE TABLE practitioner (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    user_id            TEXT,
    title              TEXT,
    family_name        TEXT NOT NULL,
    given_name         TEXT,
    profession         TEXT,
    ahpra_number       TEXT,
    hpii               TEXT,
    prescriber_number  TEXT,
    usual_duration_min INTEGER NOT NULL,
    usual_room_id      TEXT,
    sort               INTEGER NOT NULL,
    active             INTEGER NOT NULL,
    extra              TEXT
) STRICT;

-- A provider number.
CREATE TABLE practitioner_location (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    practitioner_id    TEXT NOT NULL,
    location_id        TEXT,
    provider_number    TEXT NOT NULL,
    check_failed       INTEGER NOT NULL,
    extra              TEXT
) STRICT;

-- A kind of appointment.
CREATE TABLE appointment_type (
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
    duration_min       INTEGER NOT NULL,
    hue                INTEGER NOT NULL,
    sort               INTEGER NOT NULL,
    active             INTEGER NOT NULL,
    extra              TEXT
) STRICT;

-- A repeating or dated part of a roster, in the clinic's wall-clock minutes.
CREATE TABLE session_template (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    practitioner_id    TEXT NOT NULL,
    kind               TEXT NOT NULL,
    weekday            INTEGER,
    from_date          TEXT,
    to_date            TEXT,
    starts_min         INTEGER NOT NULL,
    ends_min           INTEGER NOT NULL,
    extra              TEXT
) STRICT;

-- A person the clinic cares for.
CREATE TABLE patient (
    id                    TEXT PRIMARY KEY NOT NULL,
    rev                   INTEGER NOT NULL,
    created_at            INTEGER NOT NULL,
    created_by            TEXT,
    updated_at            INTEGER NOT NULL,
    updated_by            TEXT,
    origin_workstation    TEXT,
    deleted_at            INTEGER,
    deleted_reason        TEXT,
    record_number         TEXT,
    title                 TEXT,
    family_name           TEXT NOT NULL,
    given_name            TEXT,
    preferred_name        TEXT,
    birth_date            TEXT,
    birth_date_accuracy   TEXT NOT NULL,
    sex                   TEXT NOT NULL,
    gender                TEXT,
    pronouns              TEXT,
    indigenous_status     TEXT,
    interpreter_language  TEXT,
    deceased_on           TEXT,
    usual_practitioner_id TEXT,
    merged_into           TEXT,
    field_changes         TEXT NOT NULL,
    extra                 TEXT
) STRICT;

-- A number that somebody else gave the patient.
CREATE TABLE patient_identifier (
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
    value              TEXT NOT NULL,
    reference          TEXT,
    expires_on         TEXT,
    check_failed       INTEGER NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- A way to reach a patient.
CREATE TABLE patient_contact (
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
    value              TEXT NOT NULL,
    name               TEXT,
    note               TEXT,
    preferred          INTEGER NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- Where somebody lives or gets letters.
CREATE TABLE address (
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
    line1              TEXT NOT NULL,
    line2              TEXT,
    suburb             TEXT,
    state              TEXT,
    postcode           TEXT,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- A warning.
CREATE TABLE alert (
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
    severity           TEXT NOT NULL,
    text               TEXT NOT NULL,
    place              TEXT NOT NULL,
    expires_on         TEXT,
    extra              TEXT
) STRICT;

-- A booking.
CREATE TABLE appointment (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    practitioner_id    TEXT NOT NULL,
    patient_id         TEXT NOT NULL,
    type_id            TEXT NOT NULL,
    room_id            TEXT,
    start_at           INTEGER NOT NULL,
    end_at             INTEGER NOT NULL,
    status             TEXT NOT NULL,
    double_booking     INTEGER NOT NULL,
    note               TEXT,
    arrived_at         INTEGER,
    started_at         INTEGER,
    finished_at        INTEGER,
    cancelled_reason   TEXT,
    extra              TEXT
) STRICT;

-- One step in the life of a booking.
CREATE TABLE appointment_event (
    id                 TEXT PRIMARY KEY NOT NULL,
    rev                INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         TEXT,
    updated_at         INTEGER NOT NULL,
    updated_by         TEXT,
    origin_workstation TEXT,
    deleted_at         INTEGER,
    deleted_reason     TEXT,
    appointment_id     TEXT NOT NULL,
    kind               TEXT NOT NULL,
    at                 INTEGER NOT NULL,
    reason             TEXT,
    extra              TEXT
) STRICT;

-- A difference that somebody must look at.
CREATE TABLE conflict (
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

-- One entry of the audit log.
CREATE TABLE audit_event (
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
    role               TEXT NOT NULL,
    workstation_id     TEXT NOT NULL,
    action             TEXT NOT NULL,
    command_id         TEXT NOT NULL,
    patient_id         TEXT,
    outcome            TEXT NOT NULL,
    changes            TEXT NOT NULL,
    prev_hash          TEXT NOT NULL,
    hash               TEXT NOT NULL,
    extra              TEXT
) STRICT;

-- What the screens ask for. The book is read a day at a time out of the index alone: a day's rows lie far apart in the
-- table and close together here.
CREATE INDEX appointment_day ON appointment (
    start_at, end_at, practitioner_id, status, patient_id, type_id, room_id, double_booking, note,
    arrived_at, started_at, finished_at, updated_by, updated_at, deleted_at, id
);
CREATE INDEX appointment_book ON appointment (practitioner_id, start_at, end_at, status);
CREATE INDEX appointment_patient ON appointment (patient_id, start_at, status, deleted_at);
CREATE INDEX appointment_event_appointment ON appointment_event (appointment_id);
CREATE INDEX patient_identifier_patient ON patient_identifier (patient_id);
CREATE INDEX patient_contact_patient ON patient_contact (patient_id);
CREATE INDEX address_patient ON address (patient_id);
CREATE INDEX alert_patient ON alert (patient_id);
CREATE INDEX conflict_status ON conflict (status);
CREATE INDEX practitioner_user ON practitioner (user_id);

-- One line per patient for lists and cards, and where its words are in the index. Made from the tables above.
CREATE TABLE patient_card (
    patient_id        TEXT PRIMARY KEY NOT NULL,
    no                INTEGER NOT NULL UNIQUE,
    record_number     TEXT,
    family_name       TEXT NOT NULL,
    given_name        TEXT,
    preferred_name    TEXT,
    birth_date        TEXT,
    phone             TEXT,
    suburb            TEXT,
    deceased          INTEGER NOT NULL,
    -- Last day of the latest alert that shows while booking or opening; 9999-12-31 when it does not expire.
    alert_until       TEXT,
    first_start_at    INTEGER
) STRICT, WITHOUT ROWID;

-- The words of a patient by number, for ranking; `names` first, then `other`, separated by blanks.
CREATE TABLE patient_words (
    no                INTEGER PRIMARY KEY NOT NULL,
    patient_id        TEXT NOT NULL,
    names             TEXT NOT NULL,
    other             TEXT NOT NULL
) STRICT;

-- Words are folded by the domain before they come here; the ascii tokenizer only splits them at blanks.
CREATE VIRTUAL TABLE patient_fts USING fts5(
    words, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3 4', tokenize = 'ascii'
);

-- Every word that is or was in a name, for one wrong letter: one half of the word is right, the first or the last.
CREATE TABLE name_word (
    word              TEXT PRIMARY KEY NOT NULL,
    reversed          TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX name_word_reversed ON name_word (reversed);

-- Single facts: identity, epoch, the last command number.
CREATE TABLE meta (
    name              TEXT PRIMARY KEY NOT NULL,
    value             TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last commit of each feed that is in the tables.
CREATE TABLE cursor (
    feed              TEXT PRIMARY KEY NOT NULL,
    seq               INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Commands of this workstation without an end. States: `waiting` for a final verdict, `answered` with one that no pull
-- has covered yet, `rejected` by the server (or in quarantine there) and kept for Needs attention. The first two are in
-- effect. Rows leave only for `acknowledged`.
CREATE TABLE outbox (
    command_id        TEXT PRIMARY KEY NOT NULL,
    n                 INTEGER NOT NULL,
    name              TEXT NOT NULL,
    payload           TEXT NOT NULL,
    signature         TEXT NOT NULL,
    author            TEXT NOT NULL,
    roles             TEXT NOT NULL,
    issued_at         INTEGER NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('waiting', 'answered', 'rejected')),
    verdict           TEXT,
    set_aside_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX outbox_n ON outbox (n) WHERE state <> 'rejected';
CREATE INDEX outbox_state ON outbox (state, n);

-- Commands whose effect is in the server's rows that are here; offered again when the server loses its tail.
CREATE TABLE acknowledged (
    command_id        TEXT PRIMARY KEY NOT NULL,
    n                 INTEGER NOT NULL,
    name              TEXT NOT NULL,
    payload           TEXT NOT NULL,
    signature         TEXT NOT NULL,
    author            TEXT NOT NULL,
    roles             TEXT NOT NULL,
    issued_at         INTEGER NOT NULL,
    verdict           TEXT,
    acknowledged_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX acknowledged_at ON acknowledged (acknowledged_at);

-- The server's row of everything that a pending command has changed; null where the server has none.
CREATE TABLE mirror_image (
    tbl               TEXT NOT NULL,
    id                TEXT NOT NULL,
    row               TEXT,
    PRIMARY KEY (tbl, id)
) STRICT, WITHOUT ROWID;

-- Rows that a command in effect looked at (wrote = 0) or changed (wrote = 1) in its last run.
CREATE TABLE pending_row (
    n                 INTEGER NOT NULL,
    tbl               TEXT NOT NULL,
    id                TEXT NOT NULL,
    wrote             INTEGER NOT NULL,
    PRIMARY KEY (n, tbl, id, wrote)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_row_row ON pending_row (tbl, id, wrote, n);

-- Ranges that it looked at, and where in such ranges the rows that it changed were and are. The scope is a
-- practitioner's book (`book/ID`, time) or a patient's rows of a table (`TABLE/ID`, 0 to 1).
CREATE TABLE pending_span (
    n                 INTEGER NOT NULL,
    scope             TEXT NOT NULL,
    from_at           INTEGER NOT NULL,
    to_at             INTEGER NOT NULL,
    wrote             INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_span_scope ON pending_span (scope, wrote, from_at);
CREATE INDEX pending_span_n ON pending_span (n);
