-- Records as found, and what became of them. Run by fm-migrate as wattle_migrator, who owns schema staging's tables and
-- is the only role that may look: there are values in here. Run after migrations/server.

CREATE TABLE staging.run (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    -- NULL while it runs, and for ever if it was stopped.
    finished_at timestamptz,
    report jsonb
);

-- One export file. The same bytes are staged once, however often they are imported.
CREATE TABLE staging.source (
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    -- The FileMaker file and our name of the table.
    source_file text NOT NULL,
    source_table text NOT NULL,
    -- The name of the export, without its folder.
    export_name text NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    records bigint NOT NULL,
    -- Control characters that were left out because PostgreSQL's text cannot hold them.
    stripped bigint NOT NULL,
    -- The run that staged it.
    run_id uuid NOT NULL REFERENCES staging.run (id),
    CONSTRAINT source_once UNIQUE (clinic_id, source_file, source_table, sha256)
);

-- Which files a run used, and what their columns were called in it.
CREATE TABLE staging.run_source (
    run_id uuid NOT NULL REFERENCES staging.run (id),
    source_id uuid NOT NULL REFERENCES staging.source (id),
    columns text[] NOT NULL,
    kinds text[] NOT NULL,
    PRIMARY KEY (run_id, source_id)
);

-- Text exactly as found: repetitions joined by GS, returns as they were, NULL where there was no related record.
-- No foreign key: it would be checked a million times against one row.
CREATE TABLE staging.raw_row (
    source_id uuid NOT NULL,
    position bigint NOT NULL,
    line bigint NOT NULL,
    record_id text,
    mod_id text,
    cells text[] NOT NULL,
    PRIMARY KEY (source_id, position)
);

-- Records that were not loaded. The record itself is raw_row (source_id, position).
CREATE TABLE staging.reject (
    run_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    source_table text NOT NULL,
    source_id uuid NOT NULL,
    position bigint NOT NULL,
    code text NOT NULL,
    column_name text NOT NULL,
    PRIMARY KEY (run_id, source_table, position)
);

-- What is to be said about records that were loaded: uncertain times, failed checks, words without translation.
CREATE TABLE staging.note (
    run_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    source_table text NOT NULL,
    source_id uuid NOT NULL,
    position bigint NOT NULL,
    code text NOT NULL,
    column_name text NOT NULL
);
CREATE INDEX note_of ON staging.note (run_id, source_table, position);
