-- Records that come over HTTP: a source that follows its table in FileMaker, run after run.

-- How the records come: file, odata, data_api. A file is staged once per content; a table over HTTP is one source for good,
-- whose records are replaced as they change. There, position is FileMaker's record id.
ALTER TABLE staging.source ADD COLUMN route text NOT NULL DEFAULT 'file';
ALTER TABLE staging.source DROP CONSTRAINT source_once;
ALTER TABLE staging.source ADD CONSTRAINT source_once UNIQUE (clinic_id, source_file, source_table, route, sha256);

-- Where the reading of a table stands, so that it can be killed and gone on with.
CREATE TABLE staging.extract (
    source_id uuid PRIMARY KEY REFERENCES staging.source (id),
    -- sweep: page by page from the cursor. check: compare numbers and counts of changes. stable: nothing differed.
    state text NOT NULL CHECK (state IN ('sweep', 'check', 'stable')),
    cursor text,
    -- How often everything was read from the beginning.
    sweep bigint NOT NULL DEFAULT 1,
    columns text[] NOT NULL,
    kinds text[] NOT NULL,
    repeats integer[] NOT NULL,
    -- person, iso, us
    written_by text[] NOT NULL,
    -- What the server says there is, and what its other interface says, where it was asked.
    found bigint,
    witness bigint,
    began_at timestamptz NOT NULL DEFAULT now(),
    stable_at timestamptz,
    report jsonb
);

-- The page in hand. One extract runs at a time on a database.
CREATE UNLOGGED TABLE staging.page (
    position bigint PRIMARY KEY,
    mod_id text NOT NULL,
    cells text[] NOT NULL
);

-- What a record was before it changed or went: nothing is lost, also not what FileMaker lost.
CREATE TABLE staging.superseded (
    source_id uuid NOT NULL,
    position bigint NOT NULL,
    mod_id text,
    cells text[] NOT NULL,
    -- changed, gone
    why text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX superseded_of ON staging.superseded (source_id, position);
