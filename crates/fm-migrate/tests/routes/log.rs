//! The old system's log: it outlives whom it is about, names fields, and is never rewritten.

use sqlx::PgPool;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::{What, Why};

use super::support::{House, database, number, small, tamper};

/// An entry as it is here: when, who, what was done, to which field.
async fn entry(url: &str, key: &str) -> [String; 4] {
    let pool = PgPool::connect(url).await.unwrap();
    let (at, who, action, field) = sqlx::query_as(
        "SELECT to_char(e.at AT TIME ZONE 'Australia/Sydney', 'YYYY-MM-DD'), u.display_name, e.action, coalesce(e.field, '')
         FROM clinic.migration_map m JOIN clinic.former_event e ON e.id = m.row_id JOIN clinic.user_name u ON u.id = e.user_id
         WHERE m.source_table = 'log' AND m.source_key = $1 AND m.table_name = 'former_event'",
    )
    .bind(key)
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    [at, who, action, field]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_outlives_its_patient_and_says_no_values() {
    let Some(url) = database("log").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let report = house.week(&url).await;
    let count = u64::try_from(number(&url, "SELECT count(*) FROM clinic.former_event").await).unwrap();
    assert!(count > 0);
    assert_eq!(count, report.tables["log"].loaded);
    assert_eq!(entry(&url, "G000001").await[1], "reception2 (FileMaker)");
    assert_eq!(entry(&url, "G000004").await[1], "Author not recorded (FileMaker)");
    assert_eq!(entry(&url, "G000016").await[2], "other");
    assert_eq!(entry(&url, "G000019").await[3], "", "a field's content is no name of one");
    let notes = &report.tables["log"].notes;
    for code in ["ORPHAN", "REQUIRED_EMPTY", "VALUE_UNKNOWN"] {
        assert!(notes.iter().any(|(noted, n)| noted.as_str() == code && *n > 0), "{code}: {notes:?}");
    }
    // What can be mended waits until it is: a row that only grows would stay as it was first brought.
    let rejects = &report.tables["log"].rejects;
    for code in ["PARENT_REJECTED", "VALUE_UNKNOWN"] {
        assert!(rejects.iter().any(|(why, n)| why.as_str() == code && *n > 0), "{code}: {rejects:?}");
    }
    let anybodys =
        "SELECT count(*) FROM clinic.former_event e WHERE e.patient_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM clinic.patient p WHERE p.id = e.patient_id)";
    assert_eq!(number(&url, anybodys).await, 0, "a patient who did not come along is nobody here");
    let said = "SELECT count(*) FROM clinic.former_event e WHERE e::text LIKE '%0400 000%' OR e::text LIKE '%Sample St%'";
    assert_eq!(number(&url, said).await, 0, "what fields held before and after");
    let kept = "SELECT count(*) FROM staging.raw_row WHERE cells::text LIKE '%0400 000 118%'";
    assert!(number(&url, kept).await > 0, "is in staging all the same");
    let told = "SELECT count(*) FROM sync.change WHERE tbl = 'former_event' AND class = 'admin' AND op = 'I'";
    assert_eq!(u64::try_from(number(&url, told).await).unwrap(), count, "who may read logs hears of each");
    assert_eq!(house.verified(&url).await.differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_neither_rewritten_nor_taken_back() {
    let Some(url) = database("log_kept").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let loaded = house.week(&url).await.tables["log"].loaded;
    let before = entry(&url, "G000002").await;
    house.standin.with(|d| {
        let log = d.table_mut("Log").unwrap();
        let [edited, gone] =
            ["G000002", "G000003"].map(|key| log.records.iter().find(|r| r.cells[0] == key).unwrap().id);
        assert!(log.edit(edited, "FieldName", "SomethingElse"));
        log.delete(gone);
        let mut cells = log.records[5].cells.clone();
        cells[0] = "G900000".into();
        log.add(cells);
    });
    let main = house.week(&url).await.tables["log"].main;
    assert_eq!((main.inserted, main.updated, main.kept, main.removed), (1, 0, 1, 0), "{main:?}");
    assert_eq!(entry(&url, "G000002").await, before);
    let alive = number(&url, "SELECT count(*) FROM clinic.former_event WHERE deleted_at IS NULL").await;
    assert_eq!(u64::try_from(alive).unwrap(), loaded + 1);
    let verified = house.verified(&url).await;
    let named: Vec<_> =
        verified.differences.iter().map(|d| (d.table, d.what, d.columns.clone(), d.why)).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named.contains(&("former_event", What::Differs, vec!["field"], Why::History)), "{named:?}");
    assert!(named.contains(&("former_event", What::Extra, vec![], Why::History)), "{named:?}");
    // Somebody who can take the lock off, and does not like what it says.
    let pool = PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql("ALTER TABLE clinic.former_event DISABLE TRIGGER ALL").execute(&pool).await.unwrap();
    pool.close().await;
    let cleaned = "UPDATE clinic.former_event SET action = CASE action WHEN 'viewed' THEN 'printed' ELSE 'viewed' END
                   WHERE id = (SELECT row_id FROM clinic.migration_map WHERE source_key = 'G000001' AND table_name = 'former_event')";
    assert_eq!(tamper(&url, cleaned).await, 1);
    let odd = house.verify(&url).await.differences.into_iter().filter(|d| d.why == Why::Unexplained).count();
    assert_eq!(odd, 1, "is seen");
}
