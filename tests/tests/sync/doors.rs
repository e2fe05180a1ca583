//! Tokens, suspended workstations, old backups.

use wattle_protocol::ipc::session::Connection;

use wattle_tests::house::House;

use super::desk::{Desk, clinic, person, together, until};
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
async fn an_app_that_is_too_old_sends_what_it_holds_and_fetches_nothing_until_it_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let old = Desk::ready(&house, "reception-1", &person("maria")).await;
    house.kill_server();
    old.offline().await;
    let held = registration("Outage", "0400 000 030");
    old.do_it(held.clone());
    house.serve_with(&["--min-app-version", "99.0.0"]);
    house.start_server().await.unwrap();
    old.connected("a newer app is required", |c| c == Connection::UpgradeRequired).await;
    until("what it held is sent", async || (old.store.sync_facts().unwrap().outbox_len == 0).then_some(()))
        .await;
    let sql = "select count(*) from clinic.patient where family_name = 'Outage'";
    assert_eq!(house.count(sql).unwrap(), 1);
    assert_eq!(found(&old, "outage"), [held.patient_id], "people go on with what is here");
    let record = old.store.patient(held.patient_id).unwrap().unwrap();
    assert_eq!(record.patient.record_number, None, "the server's row was not fetched");

    // As after an update of the app: the server lets it in.
    house.kill_server();
    house.serve_with(&[]);
    house.start_server().await.unwrap();
    old.driver.online_again();
    old.in_step("everything fetched").await;
    assert!(old.store.patient(held.patient_id).unwrap().unwrap().patient.record_number.is_some());
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

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_loses_no_acknowledged_command() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let reception = Desk::ready(&house, "reception-1", &person("maria")).await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;
    let before = registration("Before", "0400 000 020");
    reception.do_it(before.clone());
    together(&[&reception, &lee]).await;

    house.kill_server();
    copied(&mut house, "wattle", "backup").await;
    house.start_server().await.unwrap();
    let after = registration("Afterwards", "0400 000 021");
    reception.do_it(after.clone());
    until("acknowledged and seen", async || lee.store.patient(after.patient_id).unwrap()).await;
    together(&[&reception, &lee]).await;

    house.kill_server();
    lee.offline().await;
    let unsent = registration("Unsent", "0400 000 022");
    lee.do_it(unsent.clone());
    house.cluster().execute("postgres", "drop database wattle with (force)").unwrap();
    copied(&mut house, "backup", "wattle").await;
    house.cluster().execute("wattle", "update sync.identity set restores = restores + 1").unwrap();
    assert_eq!(
        house.count("select count(*) from clinic.patient where family_name = 'Afterwards'").unwrap(),
        0
    );
    house.start_server().await.unwrap();

    for patient in [&before, &after, &unsent] {
        for desk in [&reception, &lee] {
            until(&patient.details.family_name, async || desk.store.patient(patient.patient_id).unwrap())
                .await;
        }
        let name = &patient.details.family_name;
        let sql = format!("select count(*) from clinic.patient where family_name = '{name}'");
        until("at the server, once", async || (house.count(&sql).unwrap() == 1).then_some(())).await;
    }
    together(&[&reception, &lee]).await;
    for desk in [&reception, &lee] {
        assert_eq!(
            desk.store.attention(desk.author.user).unwrap(),
            [],
            "what was decided before is no conflict"
        );
    }
}

/// Copies a database, once the killed server's connections are gone.
async fn copied(house: &mut House, from: &str, to: &str) {
    until("the copy", async || house.cluster().copy_database(from, to).ok()).await;
}
