//! Commands that stand or fall together, and those that wait for others.

use wattle_domain::{CommandId, Envelope, Rejection, RejectionCode};
use wattle_local_store::{Store, SubmitError};
use wattle_protocol::ipc::daybook::DayBookQuery;
use wattle_protocol::push::{Answer, Verdict};

use super::cast::*;

fn cards(store: &Store) -> usize {
    let day = DayBookQuery { from: "2026-11-23".parse().unwrap(), days: 1, practitioner_id: None };
    store.day_book(&day).unwrap().cards.len()
}

fn batch(store: &Store, count: usize, bytes: usize) -> Vec<Envelope> {
    let batch = store.outbox_batch(count, bytes).unwrap();
    batch.iter().map(|signed| serde_json::from_str(&signed.payload).unwrap()).collect()
}

fn answer(command_id: CommandId, verdict: Verdict) -> Answer {
    Answer { command_id, verdict, duplicate: false }
}

fn a_desk(folder: &std::path::Path) -> Store {
    desk(folder, &[patient(1, "Maria", "Costa", "1963-02-01")])
}

#[test]
fn a_group_is_saved_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    let author = maria();
    let no = store.submit_group(&author, vec![book(1, 1, 0), book(2, 1, 5)]);
    assert!(matches!(no, Err(SubmitError::Rejected(no)) if no.code == RejectionCode::SlotTaken));
    assert_eq!((cards(&store), store.sync_facts().unwrap().last_n), (0, 0));
    assert!(store.submit_group(&author, vec![]).unwrap().is_empty());
    store.submit_group(&author, vec![book(3, 1, 0)]).unwrap();
    let saved = store.submit_group(&author, vec![book(1, 1, 30), book(2, 1, 45)]).unwrap();
    let sent = batch(&store, 9, usize::MAX);
    assert_eq!(sent[0].group, None, "one alone is no group");
    let places: Vec<_> = sent[1..].iter().map(|e| e.group.map(|g| (g.at, g.of))).collect();
    assert_eq!(places, [Some((1, 2)), Some((2, 2))]);
    assert_eq!(sent[1].group.unwrap().id, sent[2].group.unwrap().id);
    assert_eq!(
        sent[1..].iter().map(|e| e.id).collect::<Vec<_>>(),
        [saved[0].command_id, saved[1].command_id]
    );
}

#[test]
fn a_group_whose_ground_is_taken_shows_nothing_and_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    store.submit_group(&maria(), vec![book(1, 1, 0), book(2, 1, 15)]).unwrap();
    assert_eq!(cards(&store), 2);
    // Somebody else has the second slot.
    pull(&store, [frame(&[appointment(9, 1, 1, 15)]), checkpoint(2, vec![])]);
    assert_eq!(cards(&store), 1, "only theirs: of the group none, though the first slot is free");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 2, "both are kept");
    let gone = wattle_protocol::pull::Frame::Gone {
        feed: wattle_domain::FeedClass::Front,
        table: "appointment".into(),
        ids: vec![id(5, 9)],
    };
    pull(&store, [gone, checkpoint(3, vec![])]);
    assert_eq!(cards(&store), 2, "both again");
}

#[test]
fn one_refused_command_takes_its_group_out_of_effect() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    let saved = store.submit_group(&maria(), vec![book(1, 1, 0), book(2, 1, 15)]).unwrap();
    let no = |code| Verdict::Rejected { rejection: Rejection::new(code) };
    store.record_answers(&[answer(saved[1].command_id, no(RejectionCode::SlotTaken))]).unwrap();
    assert_eq!(cards(&store), 0, "also the one whose answer has not come");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1);
    store.record_answers(&[answer(saved[0].command_id, no(RejectionCode::GroupRefused))]).unwrap();
    assert_eq!((store.sync_facts().unwrap().outbox_len, store.sync_facts().unwrap().attention), (0, 2));
    drop(store);
    assert_eq!(cards(&open(folder.path())), 0);
}

#[test]
fn a_batch_never_cuts_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    let author = maria();
    store.submit(&author, book(1, 1, 0)).unwrap();
    store.submit_group(&author, (2..5).map(|n| book(n, 1, n as i64 * 15)).collect()).unwrap();
    store.submit(&author, book(5, 1, 90)).unwrap();
    let numbers = |count, bytes| batch(&store, count, bytes).iter().map(|e| e.n).collect::<Vec<_>>();
    assert_eq!(numbers(2, usize::MAX), [1]);
    assert_eq!(numbers(3, usize::MAX), [1]);
    assert_eq!(numbers(4, usize::MAX), [1, 2, 3, 4]);
    assert_eq!(numbers(9, 1), [1]);
    let first = batch(&store, 1, 1)[0].id;
    store.record_answers(&[applied(first)]).unwrap();
    assert_eq!(numbers(1, 1), [2, 3, 4], "one that is larger than a batch still goes, whole");
}

#[test]
fn deferred_commands_do_not_hold_up_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    let author = maria();
    let ids: Vec<_> =
        (1..=6).map(|n| store.submit(&author, book(n, 1, n as i64 * 15)).unwrap().command_id).collect();
    let numbers = |count| batch(&store, count, usize::MAX).iter().map(|e| e.n).collect::<Vec<_>>();
    // The second and third wait for the first, which waits for the last.
    let wait = |at: usize, on: usize| answer(ids[at], Verdict::Deferred { on: ids[on] });
    store.record_answers(&[wait(0, 5), wait(1, 0), wait(2, 0)]).unwrap();
    assert_eq!(store.sync_facts().unwrap().outbox_len, 6, "all wait");
    assert_eq!(numbers(3), [4, 5, 6], "the first three would only be deferred again");
    store.record_answers(&[applied(ids[3]), applied(ids[4]), applied(ids[5])]).unwrap();
    assert_eq!(
        numbers(9),
        [1, 2, 3],
        "what the first waited for has its answer, and the others come after it"
    );
    store.submit(&author, book(7, 1, 7 * 15)).unwrap();
    store.submit(&author, book(8, 1, 8 * 15)).unwrap();
    assert_eq!(numbers(4), [1, 2, 7, 8], "deferred ones take at most half of the places");
    assert_eq!(numbers(9), [1, 2, 3, 7, 8]);
    drop(store);
    let store = open(folder.path());
    assert_eq!(batch(&store, 1, usize::MAX)[0].n, 1, "after a crash too");
}

#[test]
fn a_command_goes_with_the_one_that_it_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = a_desk(folder.path());
    let author = maria();
    // Three that have no row in common: nothing but the answers ties them together.
    let ids: Vec<_> =
        (1..=3).map(|n| store.submit(&author, book(n, 1, n as i64 * 15)).unwrap().command_id).collect();
    let wait = |at: usize, on: usize| answer(ids[at], Verdict::Deferred { on: ids[on] });
    store.record_answers(&[wait(2, 1), answer(ids[0], Verdict::Quarantined), wait(1, 0)]).unwrap();
    assert_eq!(cards(&store), 0, "none is left in effect");
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.attention), (0, 3), "all are kept and shown");

    let ids: Vec<_> =
        (4..=5).map(|n| store.submit(&author, book(n, 1, n as i64 * 15)).unwrap().command_id).collect();
    let wait = answer(ids[1], Verdict::Deferred { on: ids[0] });
    pull(&store, [checkpoint(2, vec![answer(ids[0], Verdict::Quarantined), wait])]);
    assert_eq!(cards(&store), 0, "nor when a pull brings the answers");
    assert_eq!(store.sync_facts().unwrap().attention, 5);
}
