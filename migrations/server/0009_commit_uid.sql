-- Pointers and commits meet by a number of our own instead of PostgreSQL's transaction id: a dump that is loaded into
-- another cluster meets transaction ids there that begin anew, and an old pointer would pass for a new commit's.
-- The sequence behind ours is part of the dump.

ALTER TABLE sync.change ALTER COLUMN xid TYPE bigint USING xid::text::bigint;
ALTER TABLE sync.change RENAME COLUMN xid TO uid;
ALTER TABLE sync.commit ALTER COLUMN xid TYPE bigint USING xid::text::bigint;
ALTER TABLE sync.commit RENAME COLUMN xid TO uid;
-- A marker lives no longer than its transaction, so here the transaction id is right.
ALTER TABLE sync.marker ADD COLUMN uid bigint GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('sync.marker', 'uid'), (SELECT coalesce(max(uid), 0) + 1 FROM sync.change), false);

-- The number of the running transaction, drawn with its first change. After deferred triggers were forced early the
-- marker is gone, and what is written then is a commit of its own.
CREATE FUNCTION sync.commit_uid() RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    SELECT uid INTO number FROM sync.marker WHERE xid = pg_current_xact_id();
    IF NOT FOUND THEN
        INSERT INTO sync.marker (xid) VALUES (pg_current_xact_id()) RETURNING uid INTO number;
    END IF;
    RETURN number;
END $$;

-- The sub-select is asked once a statement, and not at all for one that met no row.
CREATE OR REPLACE FUNCTION sync.capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync.change (uid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT (SELECT sync.commit_uid()), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'I', NULL, rev FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync.change (uid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT (SELECT sync.commit_uid()), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'U', rev - 1, rev FROM new_rows;
    ELSE
        INSERT INTO sync.change (uid, clinic_id, class, tbl, pk, op, old_rev, new_rev)
        SELECT (SELECT sync.commit_uid()), clinic_id, TG_ARGV[0], TG_TABLE_NAME, id, 'D', rev, NULL FROM old_rows;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync.number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched record;
    number bigint;
BEGIN
    FOR touched IN
        SELECT clinic_id, class, count(*) AS n FROM sync.change WHERE uid = NEW.uid
        GROUP BY clinic_id, class ORDER BY clinic_id, class
    LOOP
        INSERT INTO sync.feed AS f (clinic_id, class, seq) VALUES (touched.clinic_id, touched.class, 1)
        ON CONFLICT (clinic_id, class) DO UPDATE SET seq = f.seq + 1
        RETURNING seq INTO number;
        INSERT INTO sync.commit (clinic_id, class, seq, uid, n)
        VALUES (touched.clinic_id, touched.class, number, NEW.uid, touched.n);
    END LOOP;
    DELETE FROM sync.marker WHERE xid = NEW.xid;
    RETURN NULL;
END $$;

-- Which database this is, whatever it was restored from: another cluster, or another database of the same cluster.
CREATE FUNCTION sync.place() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT system_identifier FROM pg_control_system()) || '.' || oid
    FROM pg_database WHERE datname = current_database()
$$;
ALTER TABLE sync.identity ADD COLUMN place text NOT NULL DEFAULT '';
UPDATE sync.identity SET place = sync.place();

-- (database identity, timeline, restore count) as one word. A dump that was loaded elsewhere is another epoch also when
-- nobody told us: the place tells.
CREATE OR REPLACE FUNCTION sync.epoch() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT replace(database_id::text, '-', '') || '.' || CASE WHEN pg_is_in_recovery() THEN (pg_control_checkpoint()).timeline_id
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END || '.' || restores
        || CASE WHEN place = sync.place() THEN '' ELSE '.' || left(md5(sync.place()), 8) END
    FROM sync.identity
$$;

-- Told after a backup was restored: a new epoch, and where files were before counts for nothing.
CREATE FUNCTION sync.restored() RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sync.identity SET restores = restores + 1, place = sync.place();
    DELETE FROM clinic.workstation_cursor;
    RETURN sync.epoch();
END $$;
