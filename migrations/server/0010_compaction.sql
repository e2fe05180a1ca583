-- What the commit log may forget. Readers of older snapshots still see what they began with; a cursor below the horizon
-- gets its feed whole; a transaction that is open meanwhile has no number yet, and gets one above everything here.

-- Commits up to here were looked at for superseded pointers.
ALTER TABLE sync.feed ADD COLUMN compacted bigint NOT NULL DEFAULT 0;

-- As wattle_sync_rules::compaction::horizon, which a test compares it with.
CREATE FUNCTION sync.risen_horizon(old_enough bigint, slowest bigint, present bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest(least(old_enough, coalesce(slowest, old_enough)), present);

CREATE FUNCTION sync.all_feeds() RETURNS TABLE (clinic_id uuid, class text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.clinic_id, f.class FROM sync.feed f WHERE f.seq > f.horizon ORDER BY 1, 2
$$;

-- Compacts one feed. The feed's own row, which every commit to the feed needs, is written last, so that nobody waits.
CREATE FUNCTION sync.compact_feed(of_clinic uuid, of_class text, superseded_after interval, forgotten_after interval,
    OUT superseded bigint, OUT forgotten bigint, OUT risen_to bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f sync.feed;
    upto bigint;
    old_enough bigint;
    slowest bigint;
BEGIN
    superseded := 0;
    forgotten := 0;
    SELECT * INTO f FROM sync.feed WHERE clinic_id = of_clinic AND class = of_class;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    risen_to := f.horizon;

    -- A pointer is superseded by a later one to the same row. Both must be older than the time: so each run looks only at
    -- the rows of commits that came of age since the last.
    SELECT c.seq INTO upto FROM sync.commit c
    WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq > f.compacted AND c.at <= now() - superseded_after
    ORDER BY c.seq DESC LIMIT 1;
    IF FOUND THEN
        WITH latest AS (
            SELECT DISTINCT ON (p.tbl, p.pk) p.tbl, p.pk, c.seq, p.ord
            FROM sync.commit c JOIN sync.change p USING (uid, clinic_id, class)
            WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq > f.compacted AND c.seq <= upto
            ORDER BY p.tbl, p.pk, c.seq DESC, p.ord DESC
        ), taken AS (
            DELETE FROM sync.change p USING sync.commit c, latest l
            WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq <= upto
              AND p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class
              AND l.tbl = p.tbl AND l.pk = p.pk AND (c.seq, p.ord) < (l.seq, l.ord)
            RETURNING c.seq
        ), counted AS (
            SELECT seq, count(*) AS n FROM taken GROUP BY seq
        ), less AS (
            UPDATE sync.commit c SET n = c.n - counted.n FROM counted
            WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq = counted.seq
        )
        SELECT coalesce(sum(n), 0) INTO superseded FROM counted;
    END IF;

    -- The last commit before the first young one, or the head.
    SELECT c.seq - 1 INTO old_enough FROM sync.commit c
    WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq > f.horizon AND c.at > now() - forgotten_after
    ORDER BY c.seq LIMIT 1;
    IF NOT FOUND THEN
        old_enough := f.seq;
    END IF;
    -- Files that may still come by changes. One that was not heard of for so long, or is below the horizon, gets all.
    SELECT min(w.seq) INTO slowest FROM clinic.workstation_cursor w
    WHERE w.clinic_id = of_clinic AND w.class = of_class AND w.epoch = sync.epoch()
      AND w.seq >= f.horizon AND w.seq > 0 AND w.at > now() - forgotten_after;
    risen_to := sync.risen_horizon(old_enough, slowest, f.horizon);
    IF risen_to > f.horizon THEN
        DELETE FROM sync.change p USING sync.commit c
        WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq <= risen_to
          AND p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class;
        DELETE FROM sync.commit c WHERE c.clinic_id = of_clinic AND c.class = of_class AND c.seq <= risen_to;
        GET DIAGNOSTICS forgotten = ROW_COUNT;
    END IF;
    IF upto IS NOT NULL OR risen_to > f.horizon THEN
        UPDATE sync.feed SET compacted = greatest(compacted, upto, risen_to), horizon = risen_to
        WHERE clinic_id = of_clinic AND class = of_class;
    END IF;
END $$;

-- Sign-in attempts that count no more, whoever's they were.
CREATE FUNCTION clinic.forget_attempts(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM clinic.sign_in_attempt a WHERE a.at < before RETURNING 1) SELECT count(*) FROM gone
$$;

GRANT EXECUTE ON FUNCTION sync.all_feeds(), sync.compact_feed(uuid, text, interval, interval),
    clinic.forget_attempts(timestamptz) TO wattle_app;
