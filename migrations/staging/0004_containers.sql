-- Containers: what became of each one's bytes. The bytes themselves are in object storage, sealed, and nowhere else.

CREATE TABLE staging.container (
    clinic_id uuid NOT NULL,
    source_file text NOT NULL,
    source_table text NOT NULL,
    -- The record's own key, as it was typed; 0 in place of a repetition says that none of them holds anything.
    record_key text NOT NULL,
    repetition integer NOT NULL,
    -- stored: its bytes are there, read back and found right. same: they are those of another document of the same patient.
    -- rejected: there are none to be had, or they cannot be trusted. empty: the field is.
    state text NOT NULL CHECK (state IN ('stored', 'same', 'rejected', 'empty')),
    -- The count of changes of the record, or the folder's listing, that this is true of.
    mark text NOT NULL,
    -- Raised when other bytes come: a document's are never changed.
    version integer NOT NULL DEFAULT 0,
    document_id uuid,
    -- The patient, as the record refers to one.
    patient text,
    name text,
    mime text,
    size_bytes bigint,
    sha256 text,
    md5 text,
    stored_at timestamptz,
    code text,
    -- Where the bytes should have come from.
    path text,
    PRIMARY KEY (clinic_id, source_file, source_table, record_key, repetition)
);
CREATE INDEX container_content ON staging.container (clinic_id, sha256, patient) WHERE state = 'stored';

-- Of what is rejected or noted for want of a file: where it should be.
ALTER TABLE staging.reject ADD COLUMN path text;
ALTER TABLE staging.note ADD COLUMN path text;
