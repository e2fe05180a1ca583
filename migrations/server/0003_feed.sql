-- The commit log: feed numbers are handed out in commit order, dense, per feed.
-- Pointer rows are written by statement triggers; a deferred trigger on the transaction's marker numbers the touched
-- feeds at commit. The row lock on the feed is let go after the commit is visible, so a snapshot always sees a prefix.

CREATE TABLE sync.identity (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    database_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Raised after a backup was restored: with the timeline it makes the epoch.
    restores integer NOT NULL DEFAULT 0
);
INSERT INTO sync.identity DEFAULT VALUES;

CREATE TABLE sync.feed (
    clinic_id uuid NOT NULL,
    class text NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    -- Pointers at or below are compacted away: a cursor below it gets the feed whole.
    horizon bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (clinic_id, class)
) WITH (fillfactor = 50);

CREATE TABLE sync.change (
    xid xid8 NOT NULL,
    clinic_id uuid NOT NULL,
    class text NOT NULL,
    ord bigint GENERATED ALWAYS AS IDENTITY,
    tbl text NOT NULL,
    pk uuid NOT NULL,
    op "char" NOT NULL,
    old_rev bigint,
    new_rev bigint,
    PRIMARY KEY (xid, clinic_id, class, ord)
);

CREATE TABLE sync.commit (
    clinic_id uuid NOT NULL,
    class text NOT NULL,
    seq bigint NOT NULL,
    xid xid8 NOT NULL,
    -- How many pointers of this feed the commit has: pages are cut by it.
    n bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (clinic_id, class, seq)
);

CREATE TABLE sync.marker (
    xid xid8 PRIMARY KEY
);

CREATE FUNCTION sync.capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync.change (xid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT pg_current_xact_id(), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'I', NULL, rev FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync.change (xid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT pg_current_xact_id(), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'U', rev - 1, rev FROM new_rows;
    ELSE
        INSERT INTO sync.change (xid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT pg_current_xact_id(), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'D', rev, NULL FROM old_rows;
    END IF;
    IF FOUND THEN
        INSERT INTO sync.marker (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

-- Sorted, so that two commits that touch the same feeds never wait for each other in a circle.
-- The marker goes with the numbering: should somebody force deferred triggers early (SET CONSTRAINTS ALL IMMEDIATE)
-- and write on, the next change makes a new marker and the commit gets one more number.
CREATE FUNCTION sync.number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched record;
    number bigint;
BEGIN
    FOR touched IN
        SELECT clinic_id, class, count(*) AS n FROM sync.change WHERE xid = NEW.xid
        GROUP BY clinic_id, class ORDER BY clinic_id, class
    LOOP
        INSERT INTO sync.feed AS f (clinic_id, class, seq) VALUES (touched.clinic_id, touched.class, 1)
        ON CONFLICT (clinic_id, class) DO UPDATE SET seq = f.seq + 1
        RETURNING seq INTO number;
        INSERT INTO sync.commit (clinic_id, class, seq, xid, n)
        VALUES (touched.clinic_id, touched.class, number, NEW.xid, touched.n);
    END LOOP;
    DELETE FROM sync.marker WHERE xid = NEW.xid;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER number_commit AFTER INSERT ON sync.marker
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sync.number_commit();
-- Also for sessions that replicate: a write that is not captured would be lost to every workstation.
ALTER TABLE sync.marker ENABLE ALWAYS TRIGGER number_commit;

-- Heads of feeds, for hints: numbers only, so any clinic may be asked about.
CREATE FUNCTION sync.heads(clinics uuid[]) RETURNS TABLE (clinic_id uuid, class text, seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.clinic_id, f.class, f.seq FROM sync.feed f WHERE f.clinic_id = ANY (clinics)
$$;

-- (database identity, timeline, restore count) as one word.
CREATE FUNCTION sync.epoch() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT replace(database_id::text, '-', '') || '.' || (pg_control_checkpoint()).timeline_id || '.' || restores
    FROM sync.identity
$$;

GRANT EXECUTE ON FUNCTION sync.heads(uuid[]), sync.epoch() TO wattle_app;
