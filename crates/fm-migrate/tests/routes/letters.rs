//! Letters: what has left the clinic stays as it was sent, whatever FileMaker says later.

use sqlx::PgPool;
use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::{What, Why};

use super::support::{House, SEAL, database, number, small, tamper};

/// A letter as it is here: to whom, about what, what it says, by whom, when.
async fn letter(url: &str, key: &str) -> [String; 5] {
    let pool = PgPool::connect(url).await.unwrap();
    let (to, about, body, by, at) = sqlx::query_as(
        "SELECT l.recipient, l.subject, l.body, u.display_name, to_char(l.written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
         FROM clinic.migration_map m JOIN clinic.letter l ON l.id = m.row_id JOIN clinic.user_name u ON u.id = l.author_id
         WHERE m.source_table = 'letters' AND m.source_key = $1 AND m.table_name = 'letter'",
    )
    .bind(key)
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    [to, about, body, by, at]
}

/// Types into a letter, by its key.
fn type_in(house: &House, key: &str, field: &str, text: &str) {
    house.standin.with(|d| {
        let letters = d.table_mut("Letters").unwrap();
        let id = letters.records.iter().find(|r| r.cells[0] == key).unwrap().id;
        assert!(letters.edit(id, field, text), "{field}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_keeps_its_words_its_day_and_whoever_wrote_it() {
    let Some(url) = database("letters").await else { return };
    let house = House::new(small(), Settings::default()).await;
    for (field, text) in
        [("ToName", "The Registrar"), ("ToAddress", "Ward 3\nSampleton"), ("Subject", "Two\nlines")]
    {
        type_in(&house, "L00001", field, text);
    }
    let report = house.week(&url).await;
    let count = u64::try_from(number(&url, "SELECT count(*) FROM clinic.letter").await).unwrap();
    assert_eq!(count, report.tables["letters"].loaded);
    let [to, about, ..] = letter(&url, "L00001").await;
    assert_eq!((to.as_str(), about.as_str()), ("The Registrar\nWard 3\nSampleton", "Two lines"));
    assert_eq!(letter(&url, "L00008").await[0], "Recipient not recorded");
    assert_eq!(letter(&url, "L00011").await[1], "Subject not recorded");
    let [_, _, body, _, _] = letter(&url, "L00014").await;
    assert_eq!(body, "From the Mac\nfrom the old file\nand from here\n\nRegards", "every line end is one");
    // The clock showed 2:30 twice that night, and the first is taken; half a year later it never did.
    assert_eq!(letter(&url, "L00017").await[4], "2025-04-05 15:30");
    assert_eq!(letter(&url, "L00020").await[4], "2025-10-04 16:30");
    let notes = &report.tables["letters"].notes;
    for code in ["TIME_AMBIGUOUS", "TIME_MISSING", "ORPHAN", "REQUIRED_EMPTY"] {
        assert!(notes.iter().any(|(noted, n)| noted.as_str() == code && *n > 0), "{code}: {notes:?}");
    }
    assert_eq!(letter(&url, "L00002").await[3], "SMI (FileMaker)", "as the notes spell whoever it was");
    assert_eq!(letter(&url, "L00005").await[3], "Author not recorded (FileMaker)");
    let strangers = "SELECT count(*) FROM clinic.letter l WHERE NOT EXISTS (
        SELECT FROM clinic.user_name u WHERE u.id = l.author_id AND NOT u.active AND u.display_name LIKE '% (FileMaker)')";
    assert_eq!(number(&url, strangers).await, 0, "every author has a name, and none is an account");
    assert_eq!(
        number(&url, "SELECT count(*) FROM clinic.user_name").await,
        number(&url, "SELECT count(DISTINCT lower(display_name)) FROM clinic.user_name").await,
        "who wrote notes and letters is one person"
    );
    assert_eq!(house.verified(&url).await.differences, []);
}

/// A clinic may have letters and no notes: their authors are there all the same.
#[tokio::test(flavor = "multi_thread")]
async fn letters_bring_their_authors_where_there_are_no_notes() {
    let Some(url) = database("letters_alone").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let text = std::fs::read_to_string(house.mapping()).unwrap();
    let (before, rest) = text.split_once("[notes]\n").unwrap();
    let (_, after) = rest.split_once("[allergies]\n").unwrap();
    std::fs::write(house.mapping(), format!("{before}[allergies]\n{after}")).unwrap();
    house.week(&url).await;
    assert_eq!(number(&url, "SELECT count(*) FROM clinic.clinical_note").await, 0);
    assert_eq!(letter(&url, "L00002").await[3], "smi (FileMaker)");
    assert_eq!(house.verified(&url).await.differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_neither_rewritten_nor_taken_back() {
    let Some(url) = database("letters_sent").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let loaded = house.week(&url).await.tables["letters"].loaded;
    let sent = letter(&url, "L00001").await;
    type_in(&house, "L00001", "LetterText", "Edited afterwards");
    house.standin.with(|d| {
        let letters = d.table_mut("Letters").unwrap();
        let id = letters.records.iter().find(|r| r.cells[0] == "L00003").unwrap().id;
        letters.delete(id);
        let mut cells = letters.records[4].cells.clone();
        cells[0] = "L90000".into();
        letters.add(cells);
    });
    let report = house.week(&url).await;
    let main = report.tables["letters"].main;
    assert_eq!((main.inserted, main.updated, main.kept, main.removed), (1, 0, 1, 0), "{main:?}");
    assert_eq!(letter(&url, "L00001").await, sent, "as it was sent");
    let alive = number(&url, "SELECT count(*) FROM clinic.letter WHERE deleted_at IS NULL").await;
    assert_eq!(u64::try_from(alive).unwrap(), loaded + 1, "what FileMaker forgets was sent all the same");
    let verified = house.verified(&url).await;
    let named: Vec<_> =
        verified.differences.iter().map(|d| (d.table, d.what, d.columns.clone(), d.why)).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named.contains(&("letter", What::Differs, vec!["body"], Why::History)), "{named:?}");
    assert!(named.contains(&("letter", What::Extra, vec![], Why::History)), "{named:?}");
}

/// Letters are of the clinical feed; what they say rests sealed.
#[tokio::test(flavor = "multi_thread")]
async fn sealed_letters_are_as_they_were_loaded_and_what_is_open_is_compared() {
    let Some(url) = database("letters_sealed").await else { return };
    let house = House::new(small(), Settings::default()).await;
    let loaded = house.week(&url).await.tables["letters"].loaded;
    let told = number(
        &url,
        "SELECT count(*) FROM sync.change WHERE tbl = 'letter' AND class = 'clinical' AND op = 'I'",
    )
    .await;
    assert_eq!(u64::try_from(told).unwrap(), loaded, "workstations of the consulting rooms hear of each");
    // History refuses even this; only its owner can take the lock off.
    let pool = PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql("ALTER TABLE clinic.letter DISABLE TRIGGER ALL").execute(&pool).await.unwrap();
    pool.close().await;
    let sealed = format!("UPDATE clinic.letter SET recipient = {SEAL}, subject = {SEAL}, body = {SEAL}");
    assert_eq!(tamper(&url, &sealed).await, loaded);
    assert_eq!(house.week(&url).await.written, 0);
    assert_eq!(house.verified(&url).await.differences, []);
    let page = std::fs::read_to_string(house.folder.path().join("verified/spot.html")).unwrap();
    assert!(page.contains("<th>body<td>(sealed)"));
    // An edit in FileMaker is still told from damage.
    type_in(&house, "L00001", "LetterText", "Edited afterwards");
    assert_eq!(house.week(&url).await.tables["letters"].main.kept, 1);
    let why: Vec<_> = house.verified(&url).await.differences.iter().map(|d| d.why).collect();
    assert_eq!(why, [Why::History]);
    let moved = "UPDATE clinic.letter SET written_at = written_at + interval '1 day'
                 WHERE id = (SELECT row_id FROM clinic.migration_map WHERE source_key = 'L00003' AND table_name = 'letter')";
    assert_eq!(tamper(&url, moved).await, 1);
    let found = house.verify(&url).await;
    let odd: Vec<_> = found.differences.iter().filter(|d| d.why == Why::Unexplained).collect();
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert_eq!(
        (odd[0].table, odd[0].what, odd[0].columns.as_slice()),
        ("letter", What::Differs, &["written_at"][..])
    );
}
