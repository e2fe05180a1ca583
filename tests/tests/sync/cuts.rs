//! The wire breaks in the middle.

use wattle_protocol::ipc::session::Connection;

use super::desk::{Desk, clinic, person, until};
use super::work::{booking, cards, found, registration};
use wattle_tests::wire::{Mode, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_is_cut_leaves_nothing_and_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    // Far enough for rows to be on their way, not far enough for a checkpoint.
    let cut = Mode::Cut { route: "/v1/pull", after_bytes: 20_000, times: 3 };
    let wire = Wire::to(&house.server_url(), cut).await.unwrap();
    let desk = Desk::enrol(&house, wire.url(), "reception-1", &person("maria")).await;
    while wire.cuts() < 3 {
        let facts = desk.store.sync_facts().unwrap();
        let book = cards(&desk);
        if wire.cuts() < 3 {
            assert!(facts.cursors.is_empty() && book.is_empty(), "half a clinic is in the file");
        }
        tokio::task::yield_now().await;
    }
    desk.in_step("the fourth time").await;
    let names = "select given_name || ' ' || family_name from clinic.patient where given_name ~ '^[A-Z][a-z]+$' \
                 and family_name ~ '^[A-Z][a-z]+$' order by id limit 20";
    for name in house.cluster().execute("wattle", names).unwrap().lines() {
        assert!(!found(&desk, name).is_empty(), "{name} is at the server and not here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_are_decided_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(&dir).await;
    let wire = Wire::to(&house.server_url(), Mode::Pass).await.unwrap();
    let desk = Desk::enrol(&house, wire.url(), "reception-1", &person("maria")).await;
    desk.in_step("first sync").await;

    wire.set(Mode::Cut { route: "/v1/push", after_bytes: 0, times: 3 });
    let patient = registration("Okafor", "0400 000 002");
    desk.do_it(patient.clone());
    for minute in 0..5 {
        desk.do_it(booking(&desk, patient.patient_id, 0, 600 + minute * 15));
    }
    desk.in_step("answers after three were lost").await;
    assert_eq!(wire.cuts(), 3);
    assert_eq!(house.count("select count(*) from clinic.patient where family_name = 'Okafor'").unwrap(), 1);
    assert_eq!(
        house.count("select count(*) from clinic.appointment where start_at > '2028-01-01'").unwrap(),
        5
    );
    assert_eq!(desk.store.attention(desk.author.user).unwrap(), [], "nothing was decided twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_never_get_through_do_not_hold_up_downloads() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(&dir).await;
    let wire = Wire::to(&house.server_url(), Mode::Pass).await.unwrap();
    let cut_off = Desk::enrol(&house, wire.url(), "reception-1", &person("maria")).await;
    cut_off.in_step("first sync").await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;

    wire.set(Mode::Cut { route: "/v1/push", after_bytes: 0, times: usize::MAX });
    cut_off.do_it(registration("Unsent", "0400 000 003"));
    until("a lost answer", async || (wire.cuts() > 0).then_some(())).await;
    let patient = registration("Incoming", "0400 000 004");
    lee.do_it(patient.clone());
    until("what dr-lee did", async || cut_off.store.patient(patient.patient_id).unwrap()).await;
    assert_eq!(cut_off.connection(), Connection::Online, "it is only pushes that do not get through");
    assert!(cut_off.store.sync_facts().unwrap().outbox_len > 0);

    wire.set(Mode::Pass);
    cut_off.in_step("sent at last").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_down_for_a_while_needs_nobodys_help() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(&dir).await;
    let wire = Wire::to(&house.server_url(), Mode::Pass).await.unwrap();
    let desk = Desk::enrol(&house, wire.url(), "reception-1", &person("maria")).await;
    desk.in_step("first sync").await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;

    wire.set(Mode::Down);
    desk.offline().await;
    let mine = registration("Mine", "0400 000 005");
    desk.do_it(mine.clone());
    let theirs = registration("Theirs", "0400 000 006");
    lee.do_it(theirs.clone());
    lee.in_step("lee's own").await;
    wire.set(Mode::Pass);
    // No edit, no click: time alone brings it back.
    until("theirs here", async || desk.store.patient(theirs.patient_id).unwrap()).await;
    until("mine there", async || lee.store.patient(mine.patient_id).unwrap()).await;
    desk.in_step("all sent").await;
}
