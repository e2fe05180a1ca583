//! What differs from the server's is found, written down and fetched again; nothing is taken over from a digest.

use serde_json::json;
use wattle_domain::commands::{EditPatient, FieldEdit, RecordArrival};
use wattle_domain::{Entity, Envelope, FeedClass, FeedSeq, Rev, TableName, UtcInstant, WIRE};
use wattle_local_store::{Error, PullDone, PullKind, Store};
use wattle_protocol::digest::TableDigest;
use wattle_protocol::live::Delta;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Answer, Verdict};
use wattle_sync_rules::digest::{Buckets, Key};

use super::cast::*;

/// A file that knows an epoch.
fn file(folder: &std::path::Path, patients: u128) -> Store {
    let store = open(folder);
    store.adopt_epoch("one").unwrap();
    let patients: Vec<_> = (1..=patients).map(|n| patient(n, "Maria", "Costa", "1963-02-01")).collect();
    let mut frames = clinic_frames(&patients);
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    store
}

/// A digest that the file cannot have: of no rows at all, or with one row that is not there.
fn digest<E: Entity>(asked: &Pull, rows: u128) -> TableDigest {
    let ask = asked.digest.as_ref().unwrap();
    let mut buckets = Buckets::default();
    let key = Key::read(&ask.key).unwrap();
    for n in 0..rows {
        let id = id(99, n);
        let stamp = wattle_protocol::digest::Stamp { id, rev: Rev(1), updated_at: UtcInstant(1) };
        buckets.add(id, key.stamp(&stamp));
    }
    TableDigest {
        feed: E::TABLE.class,
        table: E::TABLE.sql.into(),
        content_of: ask.content_of,
        buckets: ask.content_of.map_or_else(|| buckets.write(), |bucket| buckets.write_one(bucket)),
    }
}

fn done_at(seq: u64, digests: Vec<TableDigest>) -> Frame {
    let Frame::Checkpoint { cursors, answers, complete, .. } = checkpoint(seq, vec![]) else { panic!() };
    Frame::Checkpoint { cursors, answers, complete, digests }
}

fn answer(store: &Store, asked: &Pull, frames: Vec<Frame>) -> Result<PullDone, Error> {
    let mut pull = store.begin_pull_of(asked).unwrap();
    for frame in frames {
        pull.frame(frame)?;
    }
    pull.finish()
}

fn ask(store: &Store, kind: PullKind) -> Pull {
    store.pull_request(kind, 1 << 20).unwrap()
}

fn compare(tables: &[&str]) -> PullKind {
    PullKind::Digest { tables: tables.iter().map(|t| (*t).to_owned()).collect(), content_of: None }
}

#[test]
fn a_wrong_digest_of_the_server_only_makes_the_file_ask() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 3);
    let before = (store.patient(id(3, 1).into()).unwrap(), store.sync_facts().unwrap().cursors);
    let asked = ask(&store, compare(&["patient"]));
    assert_eq!(asked.feeds, Some(vec![FeedClass::Ref, FeedClass::Front]), "the profile's feeds");
    let done =
        answer(&store, &asked, vec![done_at(1, vec![digest::<wattle_domain::entities::Patient>(&asked, 0)])]);
    assert_eq!(done.unwrap().wrong_buckets, 3);
    assert_eq!((store.patient(id(3, 1).into()).unwrap(), store.sync_facts().unwrap().cursors), before);
    assert_eq!(store.sync_facts().unwrap().repairs, 3);
    // A crash in between: it is still to be mended.
    drop(store);
    let store = open(folder.path());
    let asked = ask(&store, PullKind::Usual);
    let held: Vec<_> = asked.repair.iter().flat_map(|r| &r.held).map(|s| (s.id, s.rev)).collect();
    assert_eq!(held, [1, 2, 3].map(|n| (id(3, n), Rev(1))), "it says what it holds");
    // An answer that is not complete mends nothing.
    let Frame::Checkpoint { cursors, answers, digests, .. } = checkpoint(1, vec![]) else { panic!() };
    let part = Frame::Checkpoint { cursors, answers, complete: false, digests };
    answer(&store, &asked, vec![part]).unwrap();
    assert_eq!(store.sync_facts().unwrap().repairs, 3);
    // The server finds that all rows are as they should be.
    answer(&store, &asked, vec![checkpoint(1, vec![])]).unwrap();
    assert_eq!(store.sync_facts().unwrap().repairs, 0);
    assert_eq!(store.patient(id(3, 1).into()).unwrap(), before.0);
    let details = store.sync_details().unwrap().digest;
    assert_eq!((details.wrong, details.mended, details.repairs), (3, 3, 0));
    assert!(details.checked_at.is_some());
}

#[test]
fn contents_that_differ_are_asked_for_whatever_their_stamps() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 3);
    let asked = ask(&store, PullKind::Digest { tables: vec!["patient".into()], content_of: Some(2) });
    let digests = vec![digest::<wattle_domain::entities::Patient>(&asked, 0)];
    assert_eq!(answer(&store, &asked, vec![done_at(1, digests)]).unwrap().wrong_buckets, 1);
    let asked = ask(&store, PullKind::Usual);
    assert_eq!((asked.repair.len(), asked.repair[0].bucket), (1, 2));
    assert_eq!(asked.repair[0].held[0].rev, Rev(0), "it does not trust its copy");
}

#[test]
fn an_altered_row_is_mended_and_the_edit_that_waits_on_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 2);
    let edit = FieldEdit {
        table: TableName::Patient,
        row_id: id(3, 1),
        field: "preferred_name".into(),
        seen_rev: Rev(1),
        was: json!(null),
        now: json!("Mia"),
    };
    let edit = EditPatient { patient_id: id(3, 1).into(), edits: vec![edit], parts: Default::default() };
    store.submit(&maria(), edit.into()).unwrap();
    look(folder.path())
        .execute_batch(
            "UPDATE mirror_image SET row = json_set(row, '$.fields.family_name', 'Wrong');
                        UPDATE patient SET family_name = 'Wrong' WHERE id LIKE '%1'",
        )
        .unwrap();
    let asked = ask(&store, PullKind::Digest { tables: vec!["patient".into()], content_of: Some(1) });
    let right = patient(1, "Maria", "Costa", "1963-02-01");
    let row = wattle_domain::Row {
        id: id(3, 1),
        rev: Rev(1),
        attribution: Default::default(),
        fields: right.to_fields(),
    };
    let mut buckets = Buckets::default();
    buckets.add(row.id, Key::read(&asked.digest.as_ref().unwrap().key).unwrap().content(&row));
    let theirs = TableDigest {
        feed: FeedClass::Front,
        table: "patient".into(),
        content_of: Some(1),
        buckets: buckets.write_one(1),
    };
    assert_eq!(answer(&store, &asked, vec![done_at(1, vec![theirs.clone()])]).unwrap().wrong_buckets, 1);
    drop(store);
    let store = open(folder.path());
    let mending = ask(&store, PullKind::Usual);
    answer(&store, &mending, vec![frame(&[right]), checkpoint(1, vec![])]).unwrap();
    let record = store.patient(id(3, 1).into()).unwrap().unwrap();
    assert_eq!(record.patient.family_name, "Costa");
    assert_eq!(record.patient.preferred_name.as_deref(), Some("Mia"), "the edit was run again over it");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1);
    let again = Pull { digest: asked.digest.clone(), ..ask(&store, PullKind::Usual) };
    assert_eq!(
        answer(&store, &again, vec![done_at(1, vec![theirs])]).unwrap().wrong_buckets,
        0,
        "now it agrees"
    );
}

#[test]
fn a_table_that_differs_widely_is_sent_whole_and_a_small_one_never_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let asked = ask(&store, compare(&[]));
    let front = digest::<wattle_domain::entities::Patient>(&asked, 6_000);
    let small = digest::<wattle_domain::entities::Location>(&asked, 0);
    let done = answer(&store, &asked, vec![done_at(1, vec![front, small])]).unwrap();
    assert!(done.wrong_buckets > 256, "every bucket of the one, two of the other: {}", done.wrong_buckets);
    let facts = store.sync_facts().unwrap();
    assert_eq!(facts.cursors[&FeedClass::Front], FeedSeq(0));
    assert_eq!((facts.cursors[&FeedClass::Ref], facts.repairs), (FeedSeq(1), 2));
}

#[test]
fn a_malformed_digest_keeps_nothing_of_the_pull() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let asked = ask(&store, compare(&[]));
    let mut bad = digest::<wattle_domain::entities::Patient>(&asked, 0);
    bad.buckets = "rubbish".into();
    let mut pull = store.begin_pull_of(&asked).unwrap();
    pull.frame(frame(&[patient(2, "Sean", "O'Brien", "1970-01-01")])).unwrap();
    assert!(matches!(pull.frame(done_at(5, vec![bad])), Err(Error::BadFrame { .. })));
    assert!(matches!(pull.finish(), Err(Error::Incomplete)));
    assert!(store.patient(id(3, 2).into()).unwrap().is_none());
    assert_eq!(store.sync_facts().unwrap().cursors[&FeedClass::Front], FeedSeq(1));
}

#[test]
fn a_feed_that_the_file_may_not_hold_is_refused_with_all_that_came_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let before = store.sync_facts().unwrap();
    let audit = |feed, table: &str| Frame::Rows { feed, table: table.into(), columns: vec![], rows: vec![] };
    let refused = [
        audit(FeedClass::Admin, "audit_event"),
        audit(FeedClass::Front, "audit_event"),
        audit(FeedClass::Clinical, "a_table_of_tomorrow"),
        Frame::Gone { feed: FeedClass::Admin, table: "audit_event".into(), ids: vec![] },
        Frame::Whole { feed: FeedClass::Billing, rows: 1 },
    ];
    for bad in refused {
        let mut pull = store.begin_pull().unwrap();
        pull.frame(frame(&[patient(2, "Sean", "O'Brien", "1970-01-01")])).unwrap();
        assert!(matches!(pull.frame(bad.clone()), Err(Error::BadFrame { .. })), "{bad:?}");
        // Also when whoever hands in the frames goes on.
        pull.frame(checkpoint(9, vec![])).unwrap();
        assert!(matches!(pull.finish(), Err(Error::Incomplete)));
        assert!(store.patient(id(3, 2).into()).unwrap().is_none());
    }
    let Frame::Checkpoint { mut cursors, .. } = checkpoint(1, vec![]) else { panic!() };
    cursors.insert(FeedClass::Admin, FeedSeq(4));
    pull(&store, [Frame::Checkpoint { cursors, answers: vec![], complete: true, digests: vec![] }]);
    assert_eq!(store.sync_facts().unwrap(), before, "nor is its cursor kept");
}

#[test]
fn a_live_delta_counts_only_where_the_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let delta = |epoch: &str, feed, from, to| Delta {
        epoch: epoch.into(),
        feed,
        from: FeedSeq(from),
        to: FeedSeq(to),
        frames: vec![frame(&[appointment(1, 1, 1, 0)])],
    };
    for hint in [
        delta("two", FeedClass::Front, 1, 2),
        delta("one", FeedClass::Front, 2, 3),
        delta("one", FeedClass::Front, 0, 2),
        delta("one", FeedClass::Front, 1, 1),
        delta("one", FeedClass::Admin, 1, 2),
    ] {
        assert_eq!(store.take_in(hint).unwrap(), None);
    }
    assert!(matches!(store.take_in(delta("one", FeedClass::Ref, 1, 2)), Err(Error::BadFrame { .. })));
    let mut with_checkpoint = delta("one", FeedClass::Front, 1, 2);
    with_checkpoint.frames.push(checkpoint(9, vec![]));
    assert!(matches!(store.take_in(with_checkpoint), Err(Error::BadFrame { .. })));
    assert_eq!(store.sync_facts().unwrap().cursors[&FeedClass::Front], FeedSeq(1));
    let changed = store.take_in(delta("one", FeedClass::Front, 1, 4)).unwrap().expect("it fits");
    assert!(changed.touches(TableName::Appointment));
    assert_eq!(store.sync_facts().unwrap().cursors[&FeedClass::Front], FeedSeq(4));
    assert_eq!(store.sync_facts().unwrap().cursors[&FeedClass::Ref], FeedSeq(1), "only its own feed moves");
}

#[test]
fn another_epoch_keeps_the_rows_asks_for_what_differs_and_offers_the_last_days_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 2);
    let first = store.submit(&maria(), book(1, 1, 0)).unwrap().command_id;
    store.record_answers(&[applied(first)]).unwrap();
    pull(&store, [frame(&[appointment(1, 1, 1, 0)]), checkpoint(2, vec![applied(first)])]);
    let answered = store.submit(&maria(), book(2, 2, 15)).unwrap().command_id;
    store.record_answers(&[applied(answered)]).unwrap();
    let asked = ask(&store, PullKind::Reconcile { epoch: "two".into() });
    assert!(asked.reconcile && asked.epoch == "two" && asked.awaiting.is_empty());
    // A row, or a checkpoint without digests, is no answer to that.
    let row = answer(&store, &asked, vec![frame(&[appointment(9, 1, 1, 90)])]);
    assert!(matches!(row, Err(Error::BadFrame { .. })));
    assert_eq!(store.sync_facts().unwrap().epoch, "one");
    // The server has lost the booking; everything else agrees.
    let key = Key::read(&asked.digest.as_ref().unwrap().key).unwrap();
    let digests = TableName::ALL.iter().filter(|t| t.table().class != FeedClass::Admin).map(|table| {
        let mut buckets = Buckets::default();
        let rows: Vec<(String, i64, i64)> = look(folder.path())
            .prepare(&format!("SELECT id, rev, updated_at FROM {} WHERE rev > 0", table.as_str()))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (row_id, rev, at) in rows.into_iter().filter(|_| *table != TableName::Appointment) {
            let row_id = row_id.parse().unwrap();
            let (rev, updated_at) = (Rev(rev), UtcInstant(at));
            let stamp = wattle_protocol::digest::Stamp { id: row_id, rev, updated_at };
            buckets.add(row_id, key.stamp(&stamp));
        }
        TableDigest {
            feed: table.table().class,
            table: table.as_str().into(),
            content_of: None,
            buckets: buckets.write(),
        }
    });
    let done = answer(&store, &asked, vec![done_at(1, digests.collect())]).unwrap();
    assert_eq!(done.wrong_buckets, 1, "the lost booking's bucket");
    drop(store);
    let store = open(folder.path());
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.epoch.as_str(), facts.outbox_len, facts.repairs), ("two", 2, 1));
    assert!(facts.cursors.values().all(|seq| *seq == FeedSeq(1)), "at the heads of the new history");
    let batch = store.outbox_batch(9, usize::MAX).unwrap();
    let offered: Vec<Envelope> = batch.iter().map(|s| serde_json::from_str(&s.payload).unwrap()).collect();
    assert_eq!(offered.iter().map(|e| e.id).collect::<Vec<_>>(), [first, answered], "in their order");
    let mending = ask(&store, PullKind::Usual);
    assert_eq!(mending.repair[0].held.len(), 1, "only what the server once sent is said to be held");
    let gone = Frame::Gone { feed: FeedClass::Front, table: "appointment".into(), ids: vec![id(5, 1)] };
    answer(&store, &mending, vec![gone, checkpoint(1, vec![])]).unwrap();
    let day = wattle_protocol::ipc::daybook::DayBookQuery {
        from: "2026-11-23".parse().unwrap(),
        days: 1,
        practitioner_id: None,
    };
    let cards = store.day_book(&day).unwrap().cards;
    assert_eq!(cards.iter().filter(|card| card.pending).count(), 2, "both bookings stand, and wait");
}

#[test]
fn a_feed_without_all_its_digests_comes_whole_after_another_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 2);
    let asked = ask(&store, PullKind::Reconcile { epoch: "two".into() });
    answer(&store, &asked, vec![done_at(1, vec![])]).unwrap();
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.epoch.as_str(), facts.repairs), ("two", 0));
    assert!(facts.cursors.values().all(|seq| *seq == FeedSeq(0)));
    assert!(store.patient(id(3, 1).into()).unwrap().is_some(), "people go on working with what is here");
}

#[test]
fn a_file_numbers_as_its_own_replica_and_a_copy_draws_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let replica = store.sync_facts().unwrap().replica;
    let envelope = |at: usize| -> Envelope {
        serde_json::from_str(&store.outbox_batch(9, usize::MAX).unwrap()[at].payload).unwrap()
    };
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    assert_eq!((envelope(0).replica, envelope(0).wire, envelope(0).n), (Some(replica), WIRE, 1));
    store.renew_replica().unwrap();
    let renewed = store.sync_facts().unwrap().replica;
    assert_ne!(renewed, replica);
    store.submit(&maria(), book(2, 1, 15)).unwrap();
    assert_eq!(
        (envelope(0).replica, envelope(1).replica),
        (Some(replica), Some(renewed)),
        "what is signed stays"
    );
    assert_eq!(envelope(1).n, 2, "numbers go on");
    drop(store);
    assert_eq!(open(folder.path()).sync_facts().unwrap().replica, renewed, "kept");
}

#[test]
fn an_answered_command_that_a_checkpoint_does_not_know_is_pushed_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let id = store.submit(&maria(), book(1, 1, 0)).unwrap().command_id;
    store.record_answers(&[applied(id)]).unwrap();
    let asked = ask(&store, PullKind::Usual);
    assert_eq!(asked.awaiting, [id]);
    // More is to come: it may still be covered.
    let Frame::Checkpoint { cursors, answers, digests, .. } = checkpoint(2, vec![]) else { panic!() };
    let part = Frame::Checkpoint { cursors, answers, complete: false, digests };
    answer(&store, &asked, vec![part]).unwrap();
    assert_eq!(store.sync_facts().unwrap().awaiting, [id]);
    answer(&store, &ask(&store, PullKind::Usual), vec![checkpoint(2, vec![])]).unwrap();
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.awaiting.len()), (1, 0));
    assert_eq!(store.outbox_batch(9, usize::MAX).unwrap().len(), 1, "the same command, idempotent by its id");
}

#[test]
fn a_history_that_was_cut_short_under_the_same_epoch_is_reconciled_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let id = store.submit(&maria(), book(1, 1, 0)).unwrap().command_id;
    store.record_answers(&[applied(id)]).unwrap();
    pull(&store, [frame(&[appointment(1, 1, 1, 0)]), checkpoint(9, vec![applied(id)])]);
    let asked = ask(&store, PullKind::Reconcile { epoch: "one".into() });
    answer(&store, &asked, vec![done_at(4, vec![])]).unwrap();
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1, "offered again");
}

#[test]
fn what_waits_for_an_acknowledged_command_that_the_server_has_lost_goes_on_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let store = file(folder.path(), 1);
    let first = store.submit(&maria(), book(1, 1, 0)).unwrap().command_id;
    let second =
        store.submit(&maria(), RecordArrival { appointment_id: id(5, 1).into() }.into()).unwrap().command_id;
    store.record_answers(&[applied(first)]).unwrap();
    pull(&store, [frame(&[appointment(1, 1, 1, 0)]), checkpoint(2, vec![applied(first)])]);
    // Before the file has heard of another epoch.
    let verdict = Verdict::Deferred { on: first };
    store.record_answers(&[Answer { command_id: second, verdict, duplicate: false }]).unwrap();
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.attention), (1, 0), "it waits, and nobody need look");
    store.adopt_epoch("two").unwrap();
    assert_eq!(store.outbox_batch(9, usize::MAX).unwrap().len(), 2, "both, in their order");
}

#[test]
fn rows_of_a_feed_that_has_no_commit_any_more_are_of_a_lost_history() {
    for other_feed_whole in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = file(folder.path(), 3);
        let card = |n| store.patient(id(3, n).into()).unwrap();
        assert!(card(1).is_some());
        let asked = ask(&store, PullKind::Usual);
        let nothing = |complete| Frame::Checkpoint {
            cursors: [(FeedClass::Ref, FeedSeq(1)), (FeedClass::Front, FeedSeq(0))].into(),
            answers: vec![],
            complete,
            digests: vec![],
        };
        answer(&store, &asked, vec![nothing(false)]).unwrap();
        assert!(card(1).is_some(), "more is to come");
        let mut frames = vec![nothing(true)];
        if other_feed_whole {
            frames.insert(0, Frame::Whole { feed: FeedClass::Ref, rows: 0 });
        }
        answer(&store, &asked, frames).unwrap();
        assert!(card(1).is_none());
    }
}
