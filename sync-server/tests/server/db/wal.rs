//! The commit log against PostgreSQL's own: every row change that the write-ahead log says was committed is pointed at,
//! exactly as decoded, in commit order per feed. Whatever the sessions did in between.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;
use wattle_domain::TableName;

use crate::support::{House, postgres};

const WRITERS: u64 = 6;
const TRANSACTIONS: usize = 30;

/// A pointer: table, `I`, `U` or `D`, row.
type Pointer = (String, char, Uuid);
/// The pointers of each commit of a feed, in the order of commits.
type Feeds = BTreeMap<String, Vec<Vec<Pointer>>>;

/// What stands between `name[type]:'` or `name[type]:` and its end.
fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, after) = line.split_once(&format!(" {name}[")).unwrap_or_else(|| panic!("{name} in {line}"));
    let (_, after) = after.split_once("]:").unwrap();
    match after.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next().unwrap(),
        None => after.split(' ').next().unwrap(),
    }
}

/// Reads what `test_decoding` says; checks on the way that each transaction carries the numbers of its own commits.
fn decoded(lines: &[String], heads: &BTreeMap<String, i64>) -> Feeds {
    let mut feeds = Feeds::new();
    let mut open: BTreeMap<String, Vec<Pointer>> = BTreeMap::new();
    let mut numbered: BTreeMap<String, i64> = BTreeMap::new();
    for line in lines {
        if line.starts_with("BEGIN") {
            open.clear();
            numbered.clear();
        } else if line.starts_with("COMMIT") {
            for (class, pointers) in std::mem::take(&mut open) {
                let commits = feeds.entry(class.clone()).or_default();
                commits.push(pointers);
                let seq = heads.get(&class).copied().unwrap_or_default() + commits.len() as i64;
                assert_eq!(numbered.remove(&class), Some(seq), "feed {class}");
            }
            assert!(numbered.is_empty(), "a commit of nothing: {numbered:?}");
        } else if let Some(rest) = line.strip_prefix("table clinic.") {
            let (table, rest) = rest.split_once(": ").unwrap();
            let Ok(name) = table.parse::<TableName>() else { continue };
            let op = rest.chars().next().unwrap();
            let id = value(rest, "id").parse().unwrap();
            open.entry(name.table().class.as_str().to_owned()).or_default().push((table.to_owned(), op, id));
        } else if let Some(rest) = line.strip_prefix("table sync.commit: INSERT:") {
            numbered.insert(value(rest, "class").to_owned(), value(rest, "seq").parse().unwrap());
        }
    }
    feeds
}

/// The same as the log has it.
async fn logged(house: &House, heads: &BTreeMap<String, i64>) -> Feeds {
    let rows: Vec<(String, i64, i64, String, String, Uuid)> = sqlx::query_as(
        "SELECT c.class, c.seq, c.n, p.tbl, p.op::text, p.pk FROM sync.commit c \
         JOIN sync.change p USING (uid, clinic_id, class) ORDER BY c.class, c.seq, p.ord",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    let mut feeds = Feeds::new();
    let mut last: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (class, seq, n, table, op, id) in rows {
        let head = heads.get(&class).copied().unwrap_or_default();
        if seq <= head {
            continue;
        }
        let commits = feeds.entry(class.clone()).or_default();
        if last.get(&class).is_none_or(|(before, _)| *before != seq) {
            commits.push(Vec::new());
        }
        assert_eq!(commits.len() as i64, seq - head, "no hole in {class}");
        last.insert(class, (seq, n));
        let commit = commits.last_mut().unwrap();
        commit.push((table, op.chars().next().unwrap(), id));
        assert!(commit.len() as i64 <= n);
    }
    let whole = "SELECT count(*) FROM sync.commit c WHERE n <> (SELECT count(*) FROM sync.change p \
                 WHERE p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class)";
    assert_eq!(house.count(whole).await, 0);
    feeds
}

/// One statement of a writer; it may well fail.
fn statement(random: &mut impl FnMut(usize) -> usize, clinic: Uuid) -> String {
    let letter = char::from(b'a' + u8::try_from(random(6)).unwrap());
    match random(9) {
        0 | 1 => format!(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
             SELECT '{clinic}', gen_random_uuid(), '{letter}', 'unknown', 'unknown' FROM generate_series(1, {})",
            1 + random(4)
        ),
        2 | 3 => format!("UPDATE clinic.patient SET title = '{}' WHERE family_name = '{letter}'", random(99)),
        4 => format!("DELETE FROM clinic.patient WHERE family_name = '{letter}' AND title ~ '[0-7]$'"),
        5 => format!(
            "INSERT INTO clinic.appointment_type (clinic_id, id, name, duration_min, hue, sort) \
             VALUES ('{clinic}', gen_random_uuid(), '{letter}', 15, 1, 1)"
        ),
        6 => format!("UPDATE clinic.appointment_type SET hue = {} WHERE name = '{letter}'", random(300)),
        // Refused by the schema, after the statement began.
        7 => format!("UPDATE clinic.patient SET sex = 'nonsense' WHERE family_name = '{letter}'"),
        // Two rows of one id, the second refused.
        _ => format!(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
             SELECT '{clinic}', '00000000-0000-0000-0000-0000000000ff', '{letter}', 'unknown', 'unknown' \
             FROM generate_series(1, 2)"
        ),
    }
}

/// A transaction with savepoints, some of them rolled back; true when it was committed.
async fn transaction(
    connection: &mut PgConnection,
    random: &mut impl FnMut(usize) -> usize,
    clinic: Uuid,
) -> bool {
    connection.execute("BEGIN").await.unwrap();
    for _ in 0..=random(4) {
        connection.execute("SAVEPOINT s").await.unwrap();
        let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(statement(random, clinic)))).await;
        let end = match done {
            Ok(_) if random(3) > 0 => "RELEASE s",
            _ => "ROLLBACK TO s",
        };
        connection.execute(end).await.unwrap();
    }
    let commit = random(4) > 0;
    connection.execute(if commit { "COMMIT" } else { "ROLLBACK" }).await.unwrap();
    commit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_committed_is_pointed_at_exactly_as_decoded() {
    let house = House::new().await;
    let heads: BTreeMap<String, i64> = sqlx::query_as::<_, (String, i64)>("SELECT class, seq FROM sync.feed")
        .fetch_all(&house.root)
        .await
        .unwrap()
        .into_iter()
        .collect();
    let slot = format!("wal_{}", house.database);
    sqlx::query("SELECT pg_create_logical_replication_slot($1, 'test_decoding')")
        .bind(&slot)
        .execute(&house.root)
        .await
        .unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for number in 1..=WRITERS {
        let clinic = house.clinic.0;
        let mut connection = PgConnection::connect(&postgres::superuser_url(&house.database)).await.unwrap();
        writers.spawn(async move {
            let mut seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            let mut random = move |below: usize| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                usize::try_from(seed % below as u64).unwrap()
            };
            let mut committed = 0;
            for _ in 0..TRANSACTIONS {
                committed += usize::from(transaction(&mut connection, &mut random, clinic).await);
            }
            committed
        });
    }
    let mut committed = 0;
    while let Some(done) = writers.join_next().await {
        committed += done.unwrap();
    }
    assert!(committed > TRANSACTIONS, "{committed}");
    // Only what is flushed is decoded, and this cluster does not wait for that with each commit.
    house.execute("CHECKPOINT").await;
    let lines: Vec<String> = sqlx::query_scalar(
        "SELECT data FROM pg_logical_slot_get_changes($1, NULL, NULL, 'include-xids', '0')",
    )
    .bind(&slot)
    .fetch_all(&house.root)
    .await
    .unwrap();
    sqlx::query("SELECT pg_drop_replication_slot($1)").bind(&slot).execute(&house.root).await.unwrap();
    let decoded = decoded(&lines, &heads);
    let pointers: usize = decoded.values().flatten().map(Vec::len).sum();
    assert!(decoded.len() == 2 && pointers > 100, "{pointers} of {:?}", decoded.keys());
    for op in ['I', 'U', 'D'] {
        assert!(decoded.values().flatten().flatten().any(|pointer| pointer.1 == op), "no {op}");
    }
    let logged = logged(&house, &heads).await;
    for (class, commits) in &decoded {
        let known = logged.get(class).map(Vec::as_slice).unwrap_or_default();
        for (at, (ours, theirs)) in known.iter().zip(commits).enumerate() {
            assert_eq!(ours, theirs, "commit {at} of {class}");
        }
        assert_eq!(known.len(), commits.len(), "commits of {class}");
    }
    assert_eq!(logged.len(), decoded.len());
}
