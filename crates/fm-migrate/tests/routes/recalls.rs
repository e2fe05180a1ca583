//! Recalls: who is to be asked back, week after week, and what people make of it here.

use sqlx::PgPool;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::{What, Why};

use super::support::{House, SEAL, by_hand, database, number, small, tamper};

/// Types into a recall, by its key.
fn type_in(house: &House, key: &str, typed: &[(&str, &str)]) {
    house.standin.with(|d| {
        let recalls = d.table_mut("Recalls").unwrap();
        let id = recalls.records.iter().find(|r| r.cells[0] == key).unwrap().id;
        for (field, text) in typed {
            assert!(recalls.edit(id, field, text), "{field}");
        }
    });
}

/// What became of a recall: its state, its day, whether it is to somebody, whether it is deleted.
async fn recall(url: &str, key: &str) -> (String, String, bool, bool) {
    let pool = PgPool::connect(url).await.unwrap();
    let found = sqlx::query_as(
        "SELECT r.status, r.due_on::text, r.practitioner_id IS NOT NULL, r.deleted_at IS NOT NULL
         FROM clinic.migration_map m JOIN clinic.recall r ON r.id = m.row_id
         WHERE m.source_table = 'recalls' AND m.source_key = $1",
    )
    .bind(key)
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    found
}

async fn status(url: &str, key: &str) -> String {
    recall(url, key).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_is_done_when_a_word_or_a_past_day_says_so_and_due_in_any_doubt() {
    let Some(url) = database("recalls_done").await else { return };
    let house = House::new(small(), Settings::default()).await;
    for (key, status, done, due) in [
        ("R20", "", "1/3/2026", "5.1.2026"),
        ("R21", "Outstanding", "1/3/2026", "5/1/2026"),
        ("R22", "Attended", "", "5/1/2026"),
        ("R23", "No longer needed", "1/3/2026", "5/1/2026"),
        ("R24", "??", "1/3/2026", "5/1/2026"),
    ] {
        type_in(&house, key, &[("RecallStatus", status), ("DateDone", done), ("DueDate", due)]);
    }
    let report = house.week(&url).await;
    let loaded = u64::try_from(number(&url, "SELECT count(*) FROM clinic.recall").await).unwrap();
    assert_eq!(loaded, report.tables["recalls"].loaded);
    for (key, wanted, why) in [
        ("R20", "done", "a day and no word"),
        ("R21", "due", "the word counts more than the day"),
        ("R22", "done", "a word and no day"),
        ("R23", "cancelled", "a word"),
        ("R24", "done", "a word that nobody translated, and a day"),
        ("R5", "due", "\"yes\" is no day"),
        ("R8", "due", "a day that is still to come"),
    ] {
        assert_eq!(status(&url, key).await, wanted, "{key}: {why}");
    }
    assert_eq!(recall(&url, "R20").await.1, "2026-01-05");
    assert!(!recall(&url, "R11").await.2, "a practitioner who is nobody is noted and left out");
    assert!(recall(&url, "R14").await.2, "capitals and blanks do not matter");
    assert_eq!(
        number(&url, "SELECT count(*) FROM clinic.recall WHERE comment LIKE E'%twice\nno answer'")
            .await
            .signum(),
        1
    );
    let verified = house.verified(&url).await;
    let sums: Vec<_> =
        verified.sums.iter().filter(|s| s.table == "recalls").map(|s| (s.field, s.left_out)).collect();
    assert_eq!(sums, [("due_on", 0), ("reason", 0), ("comment", 0), ("practitioner", 1)]);
    let page = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    assert!(page.contains("<th>RecallReason<td>") && page.contains("<th>due_on<td>2026-01-05"), "both sides");
}

#[tokio::test(flavor = "multi_thread")]
async fn recalls_follow_filemaker_until_somebody_works_on_them_here() {
    let Some(url) = database("recalls_week").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.week(&url).await;
    let theirs =
        "(SELECT row_id FROM clinic.migration_map WHERE source_table = 'recalls' AND source_key = 'R21')";
    by_hand(
        &url,
        &format!("UPDATE clinic.recall SET status = 'cancelled', comment = 'By hand' WHERE id = {theirs}"),
    )
    .await;
    for key in ["R20", "R21"] {
        type_in(&house, key, &[("RecallStatus", "Attended"), ("DueDate", "24/12/2026")]);
    }
    let gone = house.standin.with(|d| {
        let recalls = d.table_mut("Recalls").unwrap();
        let record = recalls.records.iter().find(|r| r.cells[0] == "R23").unwrap().clone();
        recalls.delete(record.id);
        record
    });
    let main = house.week(&url).await.tables["recalls"].main;
    assert_eq!((main.updated, main.kept, main.removed), (1, 1, 1), "{main:?}");
    assert_eq!(
        recall(&url, "R20").await,
        ("done".into(), "2026-12-24".into(), recall(&url, "R20").await.2, false)
    );
    assert_eq!(status(&url, "R21").await, "cancelled", "theirs");
    assert!(recall(&url, "R23").await.3, "out of the desk's sight");
    house.standin.with(|d| {
        let recalls = d.table_mut("Recalls").unwrap();
        recalls.records.push(gone);
        recalls.records.sort_by_key(|r| r.id);
    });
    house.week(&url).await;
    assert!(!recall(&url, "R23").await.3, "it comes back with its record");
    let verified = house.verified(&url).await;
    assert!(verified.differences.iter().all(|d| (d.table, d.why) == ("recall", Why::ChangedHere)));
}

/// The desk's own feed has them; what they say rests sealed.
#[tokio::test(flavor = "multi_thread")]
async fn sealed_recalls_are_as_they_were_loaded_and_what_is_open_is_compared() {
    let Some(url) = database("recalls_sealed").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let loaded = house.week(&url).await.tables["recalls"].loaded;
    let told = number(
        &url,
        "SELECT count(*) FROM sync.change WHERE tbl = 'recall' AND class = 'front' AND op = 'I'",
    )
    .await;
    assert_eq!(u64::try_from(told).unwrap(), loaded, "workstations hear of each");
    let sealed = format!(
        "UPDATE clinic.recall SET reason = {SEAL}, comment = CASE WHEN comment IS NULL THEN NULL ELSE {SEAL} END"
    );
    assert_eq!(tamper(&url, &sealed).await, loaded);
    assert_eq!(house.week(&url).await.written, 0);
    let verified = house.verified(&url).await;
    assert_eq!(verified.differences, []);
    let page = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    assert!(page.contains("<th>reason<td>(sealed)"));
    // Nobody here can read a sealed word, but that it is there at all can be seen.
    let one = "(SELECT min(id::text)::uuid FROM clinic.recall WHERE comment IS NOT NULL)";
    let kept = format!("CREATE TABLE public.kept AS SELECT id, comment FROM clinic.recall WHERE id = {one}");
    tamper(&url, &kept).await;
    assert_eq!(
        tamper(&url, "UPDATE clinic.recall SET comment = NULL WHERE id = (SELECT id FROM public.kept)").await,
        1
    );
    let found = house.verify(&url).await;
    let named: Vec<_> = found.differences.iter().map(|d| (d.table, d.columns.clone(), d.why)).collect();
    assert_eq!(named, [("recall", vec!["comment"], Why::Unexplained)]);
    let back = "UPDATE clinic.recall r SET comment = k.comment FROM public.kept k WHERE k.id = r.id";
    assert_eq!(tamper(&url, back).await, 1);
    let moved = "UPDATE clinic.recall SET due_on = due_on + 1 WHERE id = (SELECT min(id::text)::uuid FROM clinic.recall)";
    assert_eq!(tamper(&url, moved).await, 1);
    let found = house.verify(&url).await;
    let named: Vec<_> =
        found.differences.iter().map(|d| (d.table, d.what, d.columns.clone(), d.why)).collect();
    assert_eq!(named, [("recall", What::Differs, vec!["due_on"], Why::Unexplained)]);
}
