-- Schema 2: buckets to mend, groups of commands, when the server answered.

-- Buckets of rows that a digest found different from the server's and that no pull has mended yet. `untrusted`: the
-- contents differ under the same stamps, so every row of the bucket is asked for.
CREATE TABLE repair (
    tbl               TEXT NOT NULL,
    bucket            INTEGER NOT NULL,
    untrusted         INTEGER NOT NULL,
    found_at          INTEGER NOT NULL,
    PRIMARY KEY (tbl, bucket)
) STRICT, WITHOUT ROWID;

-- Commands that stand or fall together have the same group; a command alone has none.
ALTER TABLE outbox ADD COLUMN group_id TEXT;
ALTER TABLE acknowledged ADD COLUMN group_id TEXT;
CREATE INDEX outbox_group ON outbox (group_id) WHERE group_id IS NOT NULL;

-- When the verdict came, on this workstation's clock; for people to read.
ALTER TABLE outbox ADD COLUMN answered_at INTEGER;

-- Who has dealt with a rejected command, beside when.
ALTER TABLE outbox ADD COLUMN set_aside_by TEXT;
