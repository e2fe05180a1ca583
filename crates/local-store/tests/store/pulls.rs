//! What the server sends: all of it or nothing, known or not.

use serde_json::json;
use wattle_domain::commands::{EditPatient, FieldEdit};
use wattle_domain::{FeedClass, Rev, TableName};
use wattle_local_store::Error;
use wattle_protocol::ipc::daybook::DayBookQuery;
use wattle_protocol::ipc::patients::SearchPatients;
use wattle_protocol::pull::Frame;

use super::cast::*;

fn day() -> DayBookQuery {
    DayBookQuery { from: "2026-11-23".parse().unwrap(), days: 1, practitioner_id: None }
}

#[test]
fn a_pull_that_breaks_off_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let before = store.sync_facts().unwrap();
    // Changes: dropped, and ended without a checkpoint.
    let mut cut = store.begin_pull().unwrap();
    cut.frame(frame(&[appointment(1, 1, 1, 0)])).unwrap();
    drop(cut);
    let mut unfinished = store.begin_pull().unwrap();
    unfinished.frame(frame(&[appointment(1, 1, 1, 0)])).unwrap();
    assert!(matches!(unfinished.finish(), Err(Error::Incomplete)));
    // Whole feeds: the same.
    let mut cut = store.begin_pull().unwrap();
    for frame in clinic_frames(&[]) {
        cut.frame(frame).unwrap();
    }
    drop(cut);
    assert!(store.day_book(&day()).unwrap().cards.is_empty());
    assert!(store.patient(id(3, 1).into()).unwrap().is_some(), "the old copy is whole");
    assert_eq!(store.sync_facts().unwrap(), before);
    store.submit(&maria(), book(1, 1, 0)).expect("the writer is free again");
}

#[test]
fn a_malformed_frame_is_named_without_its_values_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let Frame::Rows { feed, table, columns, mut rows } = frame(&[patient(2, "Sean", "Geheim", "1970-01-01")])
    else {
        panic!("rows")
    };
    let at = columns.iter().position(|c| c == "family_name").unwrap() + 9;
    rows[0][at] = json!(17);
    let bad = Frame::Rows { feed, table: table.clone(), columns: columns.clone(), rows: rows.clone() };
    rows[0].pop();
    let short = Frame::Rows { feed, table, columns, rows };
    for bad in [bad, short] {
        for whole in [false, true] {
            let mut pull = store.begin_pull().unwrap();
            let attempt = || -> Result<(), Error> {
                if whole {
                    pull.frame(Frame::Whole { feed: FeedClass::Front, rows: 1 })?;
                }
                pull.frame(frame(&[patient(3, "Linh", "Nguyen", "1980-01-01")]))?;
                pull.frame(bad.clone())?;
                pull.frame(checkpoint(9, vec![]))?;
                pull.finish().map(|_| ())
            };
            let error = attempt().unwrap_err();
            assert!(matches!(&error, Error::BadFrame { table, .. } if table == "patient"), "{error:?}");
            assert!(!error.to_string().contains("Geheim") && !error.to_string().contains("17"), "{error}");
            assert!(store.patient(id(3, 3).into()).unwrap().is_none(), "nothing of the pull is here");
            assert!(store.patient(id(3, 1).into()).unwrap().is_some());
        }
    }
}

#[test]
fn unknown_tables_are_skipped_and_unknown_columns_survive_an_edit() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let Frame::Rows { feed, table, mut columns, mut rows } =
        frame(&[patient(1, "Maria", "Costa", "1963-02-01")])
    else {
        panic!("rows")
    };
    columns.push("blood_group".into());
    rows[0].push(json!({"abo": "A", "rh": true}));
    pull(
        &store,
        [
            Frame::Rows { feed, table, columns, rows },
            Frame::Rows { feed, table: "hologram".into(), columns: vec![], rows: vec![vec![json!(1)]] },
            Frame::Gone { feed, table: "hologram".into(), ids: vec![id(99, 1)] },
            checkpoint(2, vec![]),
        ],
    );
    let extra = || -> String {
        look(folder.path()).query_row("SELECT extra FROM patient", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(extra(), r#"{"blood_group":{"abo":"A","rh":true}}"#);
    let edit = FieldEdit {
        table: TableName::Patient,
        row_id: id(3, 1),
        field: "preferred_name".into(),
        seen_rev: Rev(1),
        was: json!(null),
        now: json!("Mia"),
    };
    let edit = EditPatient { patient_id: id(3, 1).into(), edits: vec![edit], parts: Default::default() };
    let submitted = store.submit(&maria(), edit.into()).unwrap();
    assert_eq!(extra(), r#"{"blood_group":{"abo":"A","rh":true}}"#, "after an edit");
    let payload = &store.outbox_batch(1, 9999).unwrap()[0].payload;
    assert!(!payload.contains("blood_group"), "a command carries only what it changes");
    let rejected = wattle_protocol::push::Verdict::Quarantined;
    let answer = wattle_protocol::push::Answer {
        command_id: submitted.command_id,
        verdict: rejected,
        duplicate: false,
    };
    store.record_answers(&[answer]).unwrap();
    assert_eq!(extra(), r#"{"blood_group":{"abo":"A","rh":true}}"#, "after an undo");
}

#[test]
fn a_new_copy_over_an_old_one_removes_what_did_not_come_again_and_keeps_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let patients = [patient(1, "Maria", "Costa", "1963-02-01"), patient(2, "Sean", "O'Brien", "1970-01-01")];
    let store = desk(folder.path(), &patients);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    store.forget_cursors(&FeedClass::ALL).unwrap();
    let cursors = store.sync_facts().unwrap().cursors;
    assert!(
        !cursors.is_empty(),
        "a feed whose rows are here stays named: only so can the server say that it must go"
    );
    assert!(cursors.values().all(|seq| seq.0 == 0));
    let mut frames = clinic_frames(&patients[..1]);
    frames.push(checkpoint(7, vec![]));
    let done = pull(&store, frames);
    let (_, ids) = done.changed.rows.iter().find(|(t, _)| *t == TableName::Patient).unwrap();
    assert!(ids.is_empty(), "too many to name");
    assert!(store.patient(id(3, 2).into()).unwrap().is_none(), "he did not come again");
    let search = SearchPatients { query: "brien".into(), limit: 5 };
    assert!(store.search_patients(&search).unwrap().is_empty());
    let cards = store.day_book(&day()).unwrap().cards;
    assert!(cards.len() == 1 && cards[0].pending, "the booking was run again");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1);
}

#[test]
fn indexes_are_as_the_migrations_made_them_after_a_first_sync() {
    let (folder, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let indexes = |folder: &std::path::Path| -> Vec<String> {
        let connection = look(folder);
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    drop(desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]));
    drop(open(fresh.path()));
    assert_eq!(indexes(folder.path()), indexes(fresh.path()));
}

#[test]
fn removed_feeds_leave_no_row_and_no_word_but_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    store.remove_feeds(&[FeedClass::Front]).unwrap();
    let connection = look(folder.path());
    let tables = TableName::ALL.iter().filter(|t| t.table().class == FeedClass::Front).map(|t| t.as_str());
    for table in tables.chain(["patient_card", "patient_words", "name_word", "mirror_image"]) {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.cursors.len()), (1, 1));
    assert_eq!(store.day_book(&day()).unwrap().practitioners.len(), 2, "the other feed is here");
}

/// The readable bytes of every page of the file, free ones included.
fn every_page(folder: &std::path::Path) -> Vec<u8> {
    let connection = look(folder);
    let mut statement = connection.prepare("SELECT data FROM sqlite_dbpage").unwrap();
    let pages = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    pages.flat_map(|page| page.unwrap()).collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn removed_feeds_leave_no_trace_in_free_pages_or_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let patients: Vec<_> =
        (1..=800).map(|n| patient(n, &format!("Kanarienvogel{n}"), "Wollongbar", "1963-02-01")).collect();
    let store = desk(folder.path(), &patients);
    assert!(holds(&every_page(folder.path()), "Kanarienvogel77"), "the search would find it");
    // Somebody reads meanwhile, and again later.
    store.day_book(&day()).unwrap();
    store.remove_feeds(&[FeedClass::Front]).unwrap();
    let pages = every_page(folder.path());
    for word in ["Kanarienvogel", "kanarienvogel", "Wollongbar", "wollongbar"] {
        assert!(!holds(&pages, word), "{word}");
    }
    let log = std::fs::metadata(folder.path().join("clinic.db-wal")).unwrap().len();
    assert!(log < 64 * 1024, "the log has no old page: {log} bytes");
    assert!(holds(&pages, "Banksia Street"), "the other feed is here");
    assert!(store.day_book(&day()).unwrap().cards.is_empty());
}

#[test]
fn a_trace_that_a_full_disk_kept_goes_at_the_next_open() {
    let folder = tempfile::tempdir().unwrap();
    let patients: Vec<_> =
        (1..=800).map(|n| patient(n, &format!("Kanarienvogel{n}"), "Wollongbar", "1963-02-01")).collect();
    let store = desk(folder.path(), &patients);
    // A reader that does not end keeps the old pages in the log.
    let reader = look(folder.path());
    reader.execute_batch("BEGIN; SELECT count(*) FROM patient;").unwrap();
    let removing = std::thread::spawn(move || store.remove_feeds(&[FeedClass::Front]).map(|_| ()));
    removing.join().unwrap().unwrap();
    let due = |folder| -> i64 {
        let sql = "SELECT count(*) FROM meta WHERE name = 'vacuum_due'";
        look(folder).query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(due(folder.path()), 1, "it is known to be still to do");
    drop(reader);
    let store = open(folder.path());
    assert_eq!(due(folder.path()), 0);
    assert!(!holds(&every_page(folder.path()), "Kanarienvogel"));
    assert_eq!(store.day_book(&day()).unwrap().practitioners.len(), 2, "the other feed is here");
}

#[test]
fn acknowledged_commands_are_offered_again_after_a_new_epoch_whatever_the_clock_did() {
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(HandClock(NINE.0.into()));
    let store =
        wattle_local_store::Store::open(&folder.path().join("clinic.db"), &key(), identity(), clock.clone())
            .unwrap();
    store.adopt_epoch("one").unwrap();
    let mut frames = clinic_frames(&[patient(1, "Maria", "Costa", "1963-02-01")]);
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    let deliver = |n: u128| {
        let submitted = store.submit(&maria(), book(n, 1, i64::try_from(n).unwrap() * 15)).unwrap();
        store.record_answers(&[applied(submitted.command_id)]).unwrap();
        let answers = vec![applied(submitted.command_id)];
        pull(
            &store,
            [
                frame(&[appointment(n, 1, 1, i64::try_from(n).unwrap() * 15)]),
                checkpoint(1 + n as u64, answers),
            ],
        );
        submitted.command_id
    };
    let first = deliver(1);
    // A computer whose battery was empty hears the time.
    clock.0.fetch_add(40 * 24 * 3_600_000, std::sync::atomic::Ordering::Relaxed);
    let second = deliver(2);
    assert_eq!(store.sync_facts().unwrap().outbox_len, 0);
    store.adopt_epoch("one").unwrap();
    assert_eq!(store.sync_facts().unwrap().outbox_len, 0, "nothing has happened");
    store.adopt_epoch("two").unwrap();
    let facts = store.sync_facts().unwrap();
    assert!(facts.cursors.values().all(|seq| seq.0 == 0), "the next pull sends everything");
    let batch = store.outbox_batch(9, usize::MAX).unwrap();
    assert_eq!(batch.len(), 2);
    assert!(batch[0].payload.contains(&first.to_string()) && batch[1].payload.contains(&second.to_string()));
}

#[test]
fn a_column_that_an_older_server_leaves_out_is_null_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[]);
    let Frame::Rows { feed, table, columns, rows } = frame(&[phone(1, 1, "+61412345678")]) else {
        panic!("rows")
    };
    let without = |name: &str| {
        let at = columns.iter().position(|c| c == name).unwrap();
        let mut columns = columns.clone();
        columns.remove(at);
        let mut rows = rows.clone();
        rows[0].remove(at + 9);
        Frame::Rows { feed, table: table.clone(), columns, rows }
    };
    pull(&store, [without("note"), checkpoint(2, vec![])]);
    let mut pull = store.begin_pull().unwrap();
    pull.frame(without("value")).unwrap();
    pull.frame(checkpoint(3, vec![])).unwrap();
    assert!(matches!(pull.finish(), Err(Error::BadFrame { .. })));
}

#[test]
fn people_go_on_working_while_a_new_copy_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let patients = [patient(1, "Maria", "Costa", "1963-02-01")];
    let store = desk(folder.path(), &patients);
    let mut copy = store.begin_pull().unwrap();
    for frame in clinic_frames(&patients) {
        copy.frame(frame).unwrap();
    }
    store.submit(&maria(), book(1, 1, 0)).expect("the writer is free in the middle of the copy");
    copy.frame(checkpoint(5, vec![])).unwrap();
    assert!(copy.finish().unwrap().complete);
    let cards = store.day_book(&day()).unwrap().cards;
    assert!(cards.len() == 1 && cards[0].pending, "what was booked meanwhile is here");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(files.iter().all(|f| !f.to_string_lossy().contains("staged")), "{files:?}");
}

#[test]
fn a_command_that_waits_for_one_that_never_comes_needs_attention() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let first = store.submit(&maria(), book(1, 1, 0)).unwrap().command_id;
    let second = store.submit(&maria(), book(2, 1, 15)).unwrap().command_id;
    let deferred = |on| wattle_protocol::push::Answer {
        command_id: second,
        verdict: wattle_protocol::push::Verdict::Deferred { on },
        duplicate: false,
    };
    store.record_answers(&[deferred(first)]).unwrap();
    assert_eq!(store.sync_facts().unwrap().outbox_len, 2, "the first is still to come: both wait");
    let lost = wattle_domain::CommandId(uuid::Uuid::from_u128(404));
    store.record_answers(&[deferred(lost)]).unwrap();
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1, "what it waits for is nowhere");
    assert_eq!(store.attention(maria().user).unwrap().len(), 1, "kept, and shown");
}
