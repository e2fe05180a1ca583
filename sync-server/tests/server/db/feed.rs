//! The commit log under interleaved sessions of a real PostgreSQL. Every writer here is plain SQL: the log must hold for
//! psql and the importer as for the server.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection, PgPool};
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::support::{House, postgres};

pub async fn writer(house: &House) -> PgConnection {
    let mut connection = PgConnection::connect(&postgres::migrator_url(&house.database)).await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, false)")
        .bind(house.clinic.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

pub async fn add_patient(connection: &mut PgConnection, clinic: ClinicId) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query(
        "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
         VALUES ($1, $2, 'X', 'unknown', 'unknown')",
    )
    .bind(clinic.0)
    .bind(id)
    .execute(connection)
    .await
    .unwrap();
    id
}

async fn add_type(connection: &mut PgConnection, clinic: ClinicId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.appointment_type (clinic_id, id, name, duration_min, hue, sort) \
         VALUES ($1, gen_random_uuid(), 'Y', 15, 1, 1)",
    )
    .bind(clinic.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// What a reader that is at `cursor` gets: the numbers and rows after it, in order.
async fn after(pool: &PgPool, cursor: i64) -> Vec<(i64, Uuid)> {
    sqlx::query_as(
        "SELECT c.seq, p.pk FROM sync.commit c JOIN sync.change p USING (uid, clinic_id, class) \
         WHERE c.class = 'front' AND c.seq > $1 ORDER BY c.seq, p.ord",
    )
    .bind(cursor)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_older_transaction_that_commits_later_is_not_lost() {
    let house = House::new().await;
    let (mut one, mut two) = (writer(&house).await, writer(&house).await);
    one.execute("BEGIN").await.unwrap();
    let older = add_patient(&mut one, house.clinic).await;
    two.execute("BEGIN").await.unwrap();
    let newer = add_patient(&mut two, house.clinic).await;
    two.execute("COMMIT").await.unwrap();

    // A naive cursor takes the highest number that a sequence gave out …
    let naive: i64 = house.count("SELECT max(ord) FROM sync.change").await;
    let first = after(&house.root, 0).await;
    assert_eq!(first, [(1, newer)]);
    one.execute("COMMIT").await.unwrap();

    // … and never sees the transaction that drew its number before and committed after.
    let lost: i64 = sqlx::query_scalar("SELECT count(*) FROM sync.change WHERE ord > $1")
        .bind(naive)
        .fetch_one(&house.root)
        .await
        .unwrap();
    assert_eq!(lost, 0, "this is what the naive cursor would have got");
    assert_eq!(after(&house.root, 1).await, [(2, older)], "ours gives it, in commit order");
}

#[tokio::test]
async fn a_rollback_leaves_no_gap_and_a_savepoint_no_ghost() {
    let house = House::new().await;
    let mut one = writer(&house).await;
    one.execute("BEGIN").await.unwrap();
    add_patient(&mut one, house.clinic).await;
    one.execute("ROLLBACK").await.unwrap();
    one.execute("BEGIN").await.unwrap();
    one.execute("SAVEPOINT s").await.unwrap();
    add_patient(&mut one, house.clinic).await;
    one.execute("ROLLBACK TO s").await.unwrap();
    one.execute("COMMIT").await.unwrap();
    assert_eq!(after(&house.root, 0).await, [], "nothing was committed");
    one.execute("BEGIN").await.unwrap();
    one.execute("SAVEPOINT s").await.unwrap();
    add_patient(&mut one, house.clinic).await;
    one.execute("ROLLBACK TO s").await.unwrap();
    let kept = add_patient(&mut one, house.clinic).await;
    one.execute("COMMIT").await.unwrap();
    assert_eq!(after(&house.root, 0).await, [(1, kept)]);
    assert_eq!(house.count("SELECT count(*) FROM sync.marker").await, 0);
}

#[tokio::test]
async fn another_feed_never_waits() {
    let house = House::new().await;
    let (mut one, mut same, mut other) = (writer(&house).await, writer(&house).await, writer(&house).await);
    // As at its commit: the front feed is numbered and its row locked.
    one.execute("BEGIN").await.unwrap();
    let first = add_patient(&mut one, house.clinic).await;
    one.execute("SET CONSTRAINTS sync.number_commit IMMEDIATE").await.unwrap();

    other.execute("SET lock_timeout = '2s'").await.unwrap();
    add_type(&mut other, house.clinic).await.expect("ref does not wait for front");
    same.execute("SET lock_timeout = '50ms'").await.unwrap();
    same.execute("BEGIN").await.unwrap();
    add_patient(&mut same, house.clinic).await;
    let waited = same.execute("COMMIT").await.unwrap_err();
    assert_eq!(waited.as_database_error().unwrap().code().unwrap(), "55P03", "front does");

    one.execute("COMMIT").await.unwrap();
    assert_eq!(after(&house.root, 0).await, [(1, first)]);
}

#[tokio::test]
async fn numbers_forced_early_still_cover_what_is_written_later() {
    let house = House::new().await;
    let mut one = writer(&house).await;
    one.execute("BEGIN").await.unwrap();
    let first = add_patient(&mut one, house.clinic).await;
    one.execute("SET CONSTRAINTS ALL IMMEDIATE").await.unwrap();
    one.execute("SET CONSTRAINTS ALL DEFERRED").await.unwrap();
    let second = add_patient(&mut one, house.clinic).await;
    one.execute("COMMIT").await.unwrap();
    let rows: Vec<Uuid> = after(&house.root, 0).await.into_iter().map(|(_, id)| id).collect();
    assert!(rows.contains(&first) && rows.contains(&second));
    let dense = house.count("SELECT max(seq) - count(*) FROM sync.commit WHERE class = 'front'").await;
    assert_eq!(dense, 0);
}

#[tokio::test]
async fn psql_and_replicating_sessions_are_captured_too() {
    let house = House::new().await;
    let clinic = house.clinic;
    let database = house.database.clone();
    let said = tokio::task::spawn_blocking(move || {
        let insert = |name: &str| {
            format!(
                "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
                 VALUES ('{clinic}', gen_random_uuid(), '{name}', 'unknown', 'unknown')"
            )
        };
        let cluster = postgres::cluster();
        cluster.execute(&database, &insert("by psql")).unwrap();
        cluster
            .execute(
                &database,
                &format!("SET session_replication_role = replica; {}", insert("by a replica")),
            )
            .unwrap();
        cluster.execute(&database, "UPDATE clinic.patient SET title = 'Ms'").unwrap();
        cluster.execute(&database, "DELETE FROM clinic.patient WHERE family_name = 'by psql'").unwrap()
    })
    .await
    .unwrap();
    assert_eq!(said, "");
    let ops: Vec<(i64, String)> = sqlx::query_as(
        "SELECT c.seq, string_agg(p.op::text, '' ORDER BY p.ord) FROM sync.commit c \
         JOIN sync.change p USING (uid, clinic_id, class) WHERE c.class = 'front' GROUP BY c.seq ORDER BY c.seq",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    let words: Vec<(i64, &str)> = ops.iter().map(|(seq, ops)| (*seq, ops.as_str())).collect();
    assert_eq!(words, [(1, "I"), (2, "I"), (3, "UU"), (4, "D")]);
}

/// Many sessions that write, roll back and dawdle; a reader that polls all the while must see every committed row once,
/// in numbers that only grow and have no holes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_polling_reader_misses_nothing_whatever_the_interleaving() {
    const WRITERS: u64 = 6;
    const TRANSACTIONS: u64 = 25;
    let house = House::new().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let mut connection = writer(&house).await;
        let clinic = house.clinic;
        writers.spawn(async move {
            let mut seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut random = move |below: u64| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                seed % below
            };
            let mut committed = Vec::new();
            for _ in 0..TRANSACTIONS {
                connection.execute("BEGIN").await.unwrap();
                let mut ids = Vec::new();
                for _ in 0..=random(3) {
                    ids.push(add_patient(&mut connection, clinic).await);
                    tokio::time::sleep(Duration::from_micros(random(3000))).await;
                }
                if random(4) == 0 {
                    connection.execute("ROLLBACK").await.unwrap();
                } else {
                    connection.execute("COMMIT").await.unwrap();
                    committed.extend(ids);
                }
            }
            committed
        });
    }
    let mut cursor = 0;
    let mut got: Vec<Uuid> = Vec::new();
    let mut committed: Vec<Uuid> = Vec::new();
    loop {
        let finished = writers.is_empty();
        let rows = after(&house.root, cursor).await;
        for (seq, id) in rows {
            assert!(seq == cursor || seq == cursor + 1, "{seq} after {cursor}: a hole in a snapshot");
            cursor = seq;
            got.push(id);
        }
        if finished {
            break;
        }
        while let Some(done) = writers.try_join_next() {
            committed.extend(done.unwrap());
        }
        tokio::task::yield_now().await;
    }
    got.sort();
    committed.sort();
    assert_eq!(got, committed);
}
