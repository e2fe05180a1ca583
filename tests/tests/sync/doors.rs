//! Tokens, suspended workstations, old backups.

use wattle_protocol::ipc::session::Connection;

use super::desk::{Desk, clinic, person, until};
use super::work::{found, registration};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_past_its_time_is_refreshed_unseen() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(&dir).await;
    let desk = Desk::ready(&house, "reception-1", &person("maria")).await;
    for (round, name) in ["Alder", "Banyan", "Cedar"].into_iter().enumerate() {
        desk.keeper.lose_access();
        desk.do_it(registration(name, "0400 000 010"));
        desk.in_step("sent with a new token").await;
        assert!(!desk.keeper.was_refused(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_tokens_ask_for_a_sign_in_and_work_goes_on_here() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let desk = Desk::ready(&house, "reception-1", &person("maria")).await;
    house.cluster().execute("wattle", "update clinic.token set revoked_at = now()").unwrap();
    let patient = registration("Waits", "0400 000 011");
    desk.do_it(patient.clone());
    desk.connected("sign in again", |c| c == Connection::SignInAgain).await;
    assert!(desk.keeper.was_refused());
    assert_eq!(found(&desk, "waits"), [patient.patient_id], "the work is here");
    assert_eq!(desk.store.sync_facts().unwrap().outbox_len, 1);
    desk.sign_in_again().await;
    desk.in_step("sent after signing in").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_workstation_says_so_and_keeps_its_work() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let desk = Desk::ready(&house, "reception-1", &person("maria")).await;
    house.cluster().execute("wattle", "update clinic.workstation set state = 'suspended'").unwrap();
    desk.do_it(registration("Held", "0400 000 012"));
    desk.connected("suspended", |c| c == Connection::Suspended).await;
    assert_eq!(desk.store.sync_facts().unwrap().outbox_len, 1);
    assert_eq!(house.count("select count(*) from clinic.patient where family_name = 'Held'").unwrap(), 0);
    house.cluster().execute("wattle", "update clinic.workstation set state = 'ok'").unwrap();
    desk.driver.online_again();
    desk.in_step("let in again").await;
    assert_eq!(house.count("select count(*) from clinic.patient where family_name = 'Held'").unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_role_takes_its_rows_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let desk = Desk::ready(&house, "reception-1", &person("maria")).await;
    let patient = registration("Vanishes", "0400 000 013");
    desk.do_it(patient.clone());
    desk.in_step("sent").await;
    let maria = desk.author.user;
    let change = format!("update clinic.user_role set role = 'admin' where user_id = '{maria}'");
    house.cluster().execute("wattle", &change).unwrap();
    // A pull (another desk's work) or the next check notices; a click is quicker than five minutes.
    house.kill_server();
    desk.offline().await;
    house.start_server().await.unwrap();
    until("its rows gone", async || desk.store.patient(patient.patient_id).unwrap().is_none().then_some(()))
        .await;
    assert_eq!(found(&desk, "vanishes"), [], "and its words");
    assert!(!desk.store.sync_facts().unwrap().cursors.contains_key(&wattle_domain::FeedClass::Front));
}
