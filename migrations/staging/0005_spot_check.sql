-- The spot check: which records a page showed, who compared them, and what they found right.

CREATE TABLE staging.spot_page (
    -- Rises with time.
    id uuid PRIMARY KEY,
    clinic_id uuid NOT NULL,
    -- By whose lot its records were drawn.
    draw_id uuid NOT NULL,
    -- Somebody asked for this draw: it stays, also while nobody has ticked.
    asked boolean NOT NULL
);
CREATE INDEX spot_page_of ON staging.spot_page (clinic_id, id);

CREATE TABLE staging.spot_record (
    page_id uuid NOT NULL REFERENCES staging.spot_page (id),
    -- The export, and the record's lot: not its key.
    name text NOT NULL,
    -- A hash of what the page showed of it: of FileMaker's values, and of what should be here. Null for one that is in the draw
    -- and did not load.
    seen bytea,
    PRIMARY KEY (page_id, name)
);

-- Whoever saved a page has compared, also when nothing was right.
CREATE TABLE staging.spot_saved (
    page_id uuid NOT NULL REFERENCES staging.spot_page (id),
    by_name text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (page_id, by_name)
);

-- A tick is of what was seen: it holds after every later import for as long as the record is the same.
CREATE TABLE staging.spot_tick (
    clinic_id uuid NOT NULL,
    seen bytea NOT NULL,
    by_name text NOT NULL,
    page_id uuid NOT NULL,
    -- The page on which it was taken back: what was saved from an earlier one does not bring it again.
    struck_on uuid,
    PRIMARY KEY (clinic_id, seen)
);
