-- Schema 9: scans that nobody has filed yet, drafts of letters, the clinic's own templates of letters.

-- Files that came out of the scanner's folder, of this file only. The bytes lie sealed beside it, under the same id, which
-- is also the id of the document that a scan becomes: one whose document is there is filed, whatever was cut off in between.
-- A row comes before its bytes and stays for good, so that the same file never comes twice.
CREATE TABLE scan (
    id                 TEXT PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL,
    mime               TEXT NOT NULL,
    size_bytes         INTEGER NOT NULL,
    sha256             TEXT UNIQUE NOT NULL,
    taken_at           INTEGER NOT NULL,
    aside_at           INTEGER
) STRICT;

-- A draft of a letter is a draft of a note with what a note has not: recipient, subject, entry of the address book. JSON.
ALTER TABLE note_draft ADD COLUMN letter TEXT;

-- Letters to begin with, of the clinic's own.
CREATE TABLE letter_template (
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
    subject            TEXT NOT NULL,
    body               TEXT NOT NULL,
    active             INTEGER NOT NULL,
    field_changes      TEXT NOT NULL,
    extra              TEXT
) STRICT;
