//! What the commit log forgets, under interleaved sessions of a real PostgreSQL: a file that slept through it converges.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Executor, PgConnection};
use uuid::Uuid;
use wattle_domain::time::Clock as _;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};
use wattle_protocol::pull::Frame;
use wattle_server::compaction::{self, Compacted};
use wattle_server::config::Config;
use wattle_server::db::connect;
use wattle_sync_rules::compaction::horizon;

use super::feed::{add_patient, writer};
use crate::support::{House, postgres};

const LONG: Duration = Duration::from_secs(3600);

async fn compact(house: &House, superseded_after: Duration, forgotten_after: Duration) -> Compacted {
    let config = Config { superseded_after, forgotten_after, ..Config::default() };
    let pool = connect::app_pool(&postgres::app_url(&house.database), 1, None).unwrap();
    compaction::run(&pool, &config, house.clock.now()).await.unwrap().expect("nobody else is at it")
}

/// Every commit and pointer of the front feed: `seq:n`, and how many pointers there really are.
async fn log(house: &House) -> Vec<(i64, i64, i64)> {
    sqlx::query_as(
        "SELECT c.seq, c.n, count(p.pk) FROM sync.commit c LEFT JOIN sync.change p USING (uid, clinic_id, class) \
         WHERE c.class = 'front' GROUP BY c.seq, c.n ORDER BY c.seq",
    )
    .fetch_all(&house.root)
    .await
    .unwrap()
}

async fn update(connection: &mut PgConnection, id: Uuid, title: &str) {
    sqlx::query("UPDATE clinic.patient SET title = $2 WHERE id = $1")
        .bind(id)
        .bind(title)
        .execute(connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn superseded_pointers_go_and_pages_are_still_cut_right() {
    let house = House::new().await;
    let mut one = writer(&house).await;
    let (a, b) = (add_patient(&mut one, house.clinic).await, add_patient(&mut one, house.clinic).await);
    one.execute("BEGIN").await.unwrap();
    for title in ["Ms", "Dr"] {
        update(&mut one, a, title).await;
    }
    one.execute("COMMIT").await.unwrap();
    update(&mut one, a, "Prof").await;
    assert_eq!(log(&house).await, [(1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 1, 1)]);

    assert_eq!(compact(&house, LONG, LONG).await, Compacted::default(), "too young");
    let done = compact(&house, Duration::ZERO, LONG).await;
    assert_eq!((done.superseded, done.forgotten), (3, 0));
    assert_eq!(log(&house).await, [(1, 0, 0), (2, 1, 1), (3, 0, 0), (4, 1, 1)]);
    assert_eq!(compact(&house, Duration::ZERO, LONG).await.superseded, 0, "once");

    // What comes later supersedes what was kept.
    update(&mut one, b, "Mx").await;
    assert_eq!(compact(&house, Duration::ZERO, LONG).await.superseded, 1);
    assert_eq!(log(&house).await, [(1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 1, 1), (5, 1, 1)]);

    let mut desk = house.desk("reception-1", "maria").await;
    desk.pull().await;
    let mut slept = house.desk("reception-2", "maria").await;
    slept.cursors.insert(FeedClass::Ref, desk.cursors[&FeedClass::Ref]);
    slept.cursors.insert(FeedClass::Front, FeedSeq(1));
    slept.pull().await;
    let patients: Vec<_> = slept.rows.iter().filter(|((t, _), _)| t == "patient").collect();
    assert_eq!(patients.len(), 2, "a pointer is enough for each row");
    assert_eq!(slept.cursors, desk.cursors);
}

#[tokio::test]
async fn an_open_transaction_during_a_compaction_loses_nothing() {
    let house = House::new().await;
    let (mut open, mut numbered, mut other) =
        (writer(&house).await, writer(&house).await, writer(&house).await);
    let row = add_patient(&mut other, house.clinic).await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.pull().await;
    let at = desk.cursor(FeedClass::Front);
    // One that has written and not committed, and behind it others that have.
    open.execute("BEGIN").await.unwrap();
    let mine = add_patient(&mut open, house.clinic).await;
    update(&mut open, row, "Ms").await;
    let theirs = add_patient(&mut other, house.clinic).await;
    update(&mut other, theirs, "Dr").await;
    // And a file whose cursor is not known goes at once: everything committed is forgotten.
    let done = compact(&house, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(log(&house).await, []);
    let others = "SELECT sum(horizon)::bigint FROM sync.feed WHERE class IN ('ref', 'admin')";
    assert_eq!(done.forgotten, 3 + house.count(others).await);
    open.execute("COMMIT").await.unwrap();
    assert_eq!(log(&house).await, [(at as i64 + 3, 2, 2)], "numbered after all that is forgotten");
    // A commit that is numbered and holds the feed's row makes a compaction wait, not fail.
    numbered.execute("BEGIN").await.unwrap();
    update(&mut numbered, theirs, "Prof").await;
    numbered.execute("SET CONSTRAINTS sync.number_commit IMMEDIATE").await.unwrap();
    let waiting = compact(&house, Duration::ZERO, Duration::ZERO);
    let (done, ()) = tokio::join!(waiting, async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%compact_feed%'";
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while house.count(waits).await == 0 {
            assert!(std::time::Instant::now() < deadline, "it never came to the feed's row");
            tokio::task::yield_now().await;
        }
        numbered.execute("COMMIT").await.unwrap();
    });
    assert_eq!(done.forgotten, 1);
    assert_eq!(log(&house).await, [(at as i64 + 4, 1, 1)]);

    // Below the horizon everything comes whole, at the horizon just what is new.
    let frames = desk.pull().await;
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Whole { feed: FeedClass::Front, .. })));
    assert!(desk.row("patient", mine).is_some());
    assert_eq!(desk.row("patient", row).unwrap()["title"], "Ms");
    assert_eq!(desk.row("patient", theirs).unwrap()["title"], "Prof");
    let mut afresh = house.desk("reception-2", "maria").await;
    afresh.pull().await;
    assert_eq!(desk.rows, afresh.rows);
    update(&mut other, mine, "Mx").await;
    let frames = desk.pull().await;
    assert!(!frames.iter().any(|frame| matches!(frame, Frame::Whole { .. })));
    assert_eq!(desk.row("patient", mine).unwrap()["title"], "Mx");
}

#[tokio::test]
async fn tombstones_wait_for_the_slowest_file_that_was_heard_of() {
    let house = House::new().await;
    let mut one = writer(&house).await;
    let id = add_patient(&mut one, house.clinic).await;
    let (mut slow, mut quick) =
        (house.desk("reception-1", "maria").await, house.desk("reception-2", "maria").await);
    slow.pull().await;
    slow.hello().await;
    for _ in 0..3 {
        update(&mut one, id, "Ms").await;
    }
    house.execute("DELETE FROM clinic.patient").await;
    quick.pull().await;
    quick.hello().await;
    // An hour passes for the log, not for the files.
    house.execute("UPDATE sync.commit SET at = at - interval '2 hours'").await;
    compact(&house, LONG, LONG).await;
    let rose = "SELECT horizon FROM sync.feed WHERE class = 'front'";
    assert_eq!(house.count(rose).await, 1, "up to the slow one, not past it");
    let frames = slow.pull().await;
    assert!(
        matches!(&frames[..], [Frame::Gone { .. }, Frame::Page { .. }, Frame::Checkpoint { .. }]),
        "{frames:?}"
    );
    assert_eq!(slow.rows.iter().filter(|((t, _), _)| t == "patient").count(), 0);
    slow.hello().await;
    compact(&house, LONG, LONG).await;
    assert_eq!(house.count(rose).await, 5);

    // One that was not heard of for so long, or of another epoch, holds nobody up.
    add_patient(&mut one, house.clinic).await;
    house.execute("UPDATE sync.commit SET at = at - interval '2 hours'").await;
    for forget in [
        "UPDATE clinic.workstation_cursor SET at = at - interval '2 hours'",
        "UPDATE clinic.workstation_cursor SET epoch = 'another', at = now()",
    ] {
        sqlx::raw_sql(forget).execute(&house.root).await.unwrap();
        compact(&house, LONG, LONG).await;
        assert_eq!(
            house.count(rose).await,
            house.count("SELECT seq FROM sync.feed WHERE class = 'front'").await
        );
        add_patient(&mut one, house.clinic).await;
        house.execute("UPDATE sync.commit SET at = at - interval '2 hours'").await;
    }
}

/// Writers write, roll back and dawdle, compactions run all the while, files pull along, sleep and come back: whoever
/// pulls at the end has what one that pulls afresh has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_converge_whatever_is_compacted_meanwhile() {
    let house = House::new().await;
    let rows: Vec<Uuid> = {
        let mut one = writer(&house).await;
        let mut rows = Vec::new();
        for _ in 0..12 {
            rows.push(add_patient(&mut one, house.clinic).await);
        }
        rows
    };
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..4_u64 {
        let mut connection = writer(&house).await;
        let (rows, clinic, stop): (Vec<Uuid>, ClinicId, _) = (rows.clone(), house.clinic, stop.clone());
        writers.spawn(async move {
            let mut seed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut random = move |below: usize| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                usize::try_from(seed % below as u64).unwrap()
            };
            while !stop.load(Ordering::SeqCst) {
                connection.execute("BEGIN").await.unwrap();
                // In one order, so that no two wait for each other in a circle.
                let from = random(rows.len());
                for row in rows.iter().skip(from).step_by(1 + random(5)) {
                    update(&mut connection, *row, &format!("{number}-{}", random(1000))).await;
                }
                if random(3) == 0 {
                    add_patient(&mut connection, clinic).await;
                }
                connection.execute(if random(4) == 0 { "ROLLBACK" } else { "COMMIT" }).await.unwrap();
            }
        });
    }
    let mut along = house.desk("reception-1", "maria").await;
    let mut sleeper = house.desk("reception-2", "maria").await;
    let (mut superseded, mut forgotten) = (0, 0);
    for turn in 0..15 {
        along.pull().await;
        if turn % 5 == 1 {
            sleeper.pull().await;
            along.hello().await;
        }
        let forgotten_after = if turn % 3 == 0 { Duration::ZERO } else { LONG };
        let done = compact(&house, Duration::ZERO, forgotten_after).await;
        superseded += done.superseded;
        forgotten += done.forgotten;
    }
    stop.store(true, Ordering::SeqCst);
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert!(superseded > 0 && forgotten > 0, "{superseded} {forgotten}");
    along.pull().await;
    sleeper.pull().await;
    let mut afresh = house.desk("reception-3", "maria").await;
    afresh.pull().await;
    assert_eq!(along.rows, afresh.rows);
    assert_eq!(sleeper.rows, afresh.rows);
    let wrong = "SELECT count(*) FROM sync.commit c WHERE n <> (SELECT count(*) FROM sync.change p \
                 WHERE p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class)";
    assert_eq!(house.count(wrong).await, 0);
}

#[tokio::test]
async fn the_database_has_the_rule_of_the_horizon() {
    let house = House::new().await;
    for old in 0..6 {
        for slowest in [None, Some(0), Some(2), Some(4), Some(9)] {
            for now in 0..6 {
                let sql: i64 = sqlx::query_scalar("SELECT sync.risen_horizon($1, $2, $3)")
                    .bind(old)
                    .bind(slowest)
                    .bind(now)
                    .fetch_one(&house.root)
                    .await
                    .unwrap();
                let seq = |n: i64| FeedSeq(n.unsigned_abs());
                assert_eq!(
                    horizon(seq(old), slowest.map(seq), seq(now)),
                    seq(sql),
                    "{old} {slowest:?} {now}"
                );
            }
        }
    }
}

#[tokio::test]
async fn one_process_at_a_time_and_old_attempts_go_too() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    drop(desk);
    assert!(house.count("SELECT count(*) FROM clinic.sign_in_attempt").await > 0);
    house.clock.forward_s(100);
    let pool = connect::app_pool(&postgres::app_url(&house.database), 2, None).unwrap();
    let config = Config { attempts_kept: Duration::from_secs(99), ..Config::default() };
    let mut other = house.root.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(0x5761_7474_6C65_0001_i64)
        .execute(&mut *other)
        .await
        .unwrap();
    assert_eq!(compaction::run(&pool, &config, house.clock.now()).await.unwrap(), None);
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(0x5761_7474_6C65_0001_i64)
        .execute(&mut *other)
        .await
        .unwrap();
    let done = compaction::run(&pool, &config, house.clock.now()).await.unwrap().unwrap();
    assert!(done.attempts > 0);
    assert_eq!(house.count("SELECT count(*) FROM clinic.sign_in_attempt").await, 0);
}
