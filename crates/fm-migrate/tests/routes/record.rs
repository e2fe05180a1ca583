//! Notes, allergies, medicines and measured values: what never changes here, though it changes in FileMaker.

use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::Why;

use super::support::{CLINIC, House, database, number, small};

async fn week(house: &House, url: &str) -> (u64, u64) {
    let notes = house.week(url).await.tables["notes"].main;
    (notes.inserted, notes.kept)
}

/// The notes of a record, the first one first: their words, and whether one is replaced.
async fn chain(url: &str, first: Uuid) -> Vec<String> {
    let pool = PgPool::connect(url).await.unwrap();
    let found = sqlx::query_scalar(
        "WITH RECURSIVE chain AS (
             SELECT id, body, 0 AS n FROM clinic.clinical_note WHERE id = $1
             UNION ALL SELECT t.id, t.body, n + 1 FROM clinic.clinical_note t JOIN chain ON t.supersedes = chain.id)
         SELECT body FROM chain ORDER BY n",
    )
    .bind(first)
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    found
}

fn type_note(house: &House, row: usize, text: &str) -> String {
    house.standin.with(|d| {
        let notes = d.table_mut("Notes").unwrap();
        let (id, key) = (notes.records[row].id, notes.records[row].cells[0].clone());
        assert!(notes.edit(id, "NoteText", text));
        key
    })
}

async fn id_of(url: &str, key: &str) -> Uuid {
    let pool = PgPool::connect(url).await.unwrap();
    let id = sqlx::query_scalar(
        "SELECT m.row_id FROM clinic.migration_map m JOIN clinic.clinical_note n ON n.id = m.row_id
         WHERE m.source_table = 'notes' AND m.source_key = $1 AND n.supersedes IS NULL",
    )
    .bind(key)
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_changes_in_filemaker_is_replaced_and_never_rewritten() {
    let Some(url) = database("rewritten").await else { return };
    let house = House::new(small(), Settings::default()).await;
    week(&house, &url).await;
    let key = type_note(&house, 0, "One");
    assert_eq!(week(&house, &url).await, (1, 0));
    let first = id_of(&url, &key).await;
    let ends = |bodies: &[String]| -> Vec<bool> {
        bodies.iter().map(|b| b.contains("One") || b.contains("Two")).collect()
    };
    assert_eq!(ends(&chain(&url, first).await), [false, true], "the old words stay, under the new ones");
    // Back to what it was in between: that is news too.
    type_note(&house, 0, "Two");
    week(&house, &url).await;
    type_note(&house, 0, "One");
    assert_eq!(week(&house, &url).await, (1, 0));
    let bodies = chain(&url, first).await;
    assert_eq!(bodies.len(), 4);
    assert!(
        bodies[1].contains("One") && bodies[2].contains("Two") && bodies[3].contains("One"),
        "{bodies:?}"
    );
    let said = house.verified(&url).await;
    assert!(said.differences.iter().any(|d| d.why == Why::History && d.table == "clinical_note"));
    let page = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    let section = page.split("<section>").find(|s| s.contains(&key)).unwrap();
    assert_eq!(section.matches("One").count(), 2, "a person is shown what is valid now: {section}");

    // What FileMaker forgets stays: it was signed.
    let before = number(&url, "SELECT count(*) FROM clinic.clinical_note").await;
    house.standin.with(|d| {
        let notes = d.table_mut("Notes").unwrap();
        let id = notes.records[3].id;
        notes.delete(id);
    });
    assert_eq!(week(&house, &url).await, (0, 0));
    assert_eq!(
        number(&url, "SELECT count(*) FROM clinic.clinical_note WHERE deleted_at IS NULL").await,
        before
    );
    house.verified(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_somebody_replaced_here_stays_theirs() {
    let Some(url) = database("theirs").await else { return };
    let house = House::new(small(), Settings::default()).await;
    week(&house, &url).await;
    let key = type_note(&house, 5, "Before anybody worked here");
    week(&house, &url).await;
    let first = id_of(&url, &key).await;
    let pool = PgPool::connect(&url).await.unwrap();
    let mut by_hand = pool.acquire().await.unwrap();
    sign(&mut by_hand, first).await;
    drop(by_hand);
    pool.close().await;
    type_note(&house, 5, "And FileMaker once more");
    assert_eq!(week(&house, &url).await, (0, 1), "kept, and counted");
    let bodies = chain(&url, first).await;
    assert_eq!(bodies.last().map(String::as_str), Some("Signed in Wattle"));
}

/// A note that somebody signs in Wattle in place of the last one of a chain.
async fn sign(connection: &mut PgConnection, first: Uuid) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false);
         INSERT INTO clinic.clinical_note (clinic_id, id, patient_id, kind, body, author_id, signed_at, supersedes)
         SELECT clinic_id, '{}', patient_id, 'note', 'Signed in Wattle', '{}', now(), id FROM clinic.clinical_note
         WHERE supersedes = '{first}'",
        Uuid::from_u128(1),
        Uuid::from_u128(2),
        Uuid::from_u128(1),
    )))
    .execute(connection)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_keeps_its_author_its_day_and_its_words() {
    let Some(url) = database("written").await else { return };
    let house = House::new(small(), Settings::default()).await;
    week(&house, &url).await;
    let count = async |sql: &'static str| number(&url, sql).await;
    let notes = count("SELECT count(*) FROM clinic.clinical_note").await;
    assert_eq!(notes, 150);
    assert_eq!(
        count(
            "SELECT count(*) FROM clinic.clinical_note n JOIN clinic.user_name u ON u.id = n.author_id
            WHERE NOT u.active AND u.display_name LIKE '% (FileMaker)'"
        )
        .await,
        notes,
        "every author has a name, and none is an account"
    );
    assert_eq!(
        count("SELECT count(*) FROM clinic.user_name WHERE display_name = 'SMI (FileMaker)'").await,
        1
    );
    assert_eq!(
        count("SELECT count(*) FROM clinic.user_name WHERE display_name = 'Author not recorded (FileMaker)'")
            .await,
        1
    );
    assert_eq!(
        count("SELECT count(*) FROM clinic.clinical_note n JOIN clinic.appointment a ON a.id = n.appointment_id
            WHERE n.patient_id <> a.patient_id OR n.signed_at < a.start_at OR n.signed_at > a.end_at + interval '2 hours'")
        .await,
        0,
        "a note is of its visit"
    );
    assert!(
        count("SELECT count(*) FROM clinic.clinical_note WHERE body LIKE '%# Reason for visit%'").await > 0
    );
    assert_eq!(count("SELECT count(*) FROM clinic.clinical_note WHERE body ~ '[\r\x0b]'").await, 0);
    assert!(
        count("SELECT count(*) FROM clinic.allergy WHERE kind = 'nil_known' AND substance IS NULL").await > 0
    );
    assert!(count("SELECT count(*) FROM clinic.allergy WHERE code = 'cefalexin'").await > 0);
    assert!(
        count(
            "SELECT count(*) FROM (SELECT 1 FROM clinic.migration_map WHERE table_name = 'allergy'
            GROUP BY source_key HAVING count(*) = 2) AS lists"
        )
        .await
            > 0,
        "a list in one field becomes a row for each line"
    );
    assert_eq!(
        count("SELECT count(*) FROM clinic.medication WHERE (ended_on IS NOT NULL) <> (status = 'inactive')")
            .await,
        0
    );
    assert!(
        count("SELECT count(*) FROM clinic.observation WHERE code = 'weight' AND value_milli = 82300").await
            > 0,
        "82.30000000000001 was 82.3"
    );
    assert!(
        count(
            "SELECT count(*) FROM clinic.observation WHERE code = 'blood_pressure' AND second_milli = 80000"
        )
        .await
            > 0
    );
    house.verified(&url).await;
}
