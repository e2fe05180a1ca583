//! The server goes away and comes back; people go on working.

use wattle_protocol::ipc::session::Connection;

use super::desk::{Desk, clinic, person, together, until};
use super::work::{booking, cards, found, new_phone, phone, registration};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_desk_does_the_other_sees() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(&dir).await;
    let reception = Desk::ready(&house, "reception-1", &person("maria")).await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;
    assert!(reception.driver.first_sync().borrow().is_none(), "no first sync is on its way any more");
    let rows = house.count("select count(*) from clinic.patient").unwrap();
    assert!(rows >= 250, "the clinic was imported: {rows}");

    let zelenka = registration("Zelenka", "0412 345 678");
    reception.do_it(zelenka.clone());
    assert_eq!(found(&reception, "zelenka"), [zelenka.patient_id], "here at once");
    until("the patient at dr-lee's", async || (found(&lee, "zelenka") == [zelenka.patient_id]).then_some(()))
        .await;
    reception.do_it(booking(&reception, zelenka.patient_id, 0, 540));
    until("the card at dr-lee's", async || (cards(&lee).len() == 1).then_some(())).await;
    assert!(!cards(&lee)[0].pending);

    together(&[&reception, &lee]).await;
    let record = reception.store.patient(zelenka.patient_id).unwrap().unwrap();
    assert!(record.patient.record_number.is_some(), "the server gave the number");
    assert!(record.pending.is_empty(), "and nothing is marked any more");
    let ours = lee.store.patient(zelenka.patient_id).unwrap().unwrap();
    assert_eq!((ours.patient, ours.contacts, ours.revs), (record.patient, record.contacts, record.revs));
    for desk in [reception, lee] {
        desk.driver.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_loses_nothing_and_a_phone_edited_twice_is_a_conflict() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let reception = Desk::ready(&house, "reception-1", &person("maria")).await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;
    let patient = registration("Quinlan", "0400 000 000");
    reception.do_it(patient.clone());
    let patient = patient.patient_id;
    until("the patient at dr-lee's", async || phone(&lee, patient)).await;
    together(&[&reception, &lee]).await;

    house.kill_server();
    reception.offline().await;
    lee.offline().await;
    reception.do_it(new_phone(&reception, patient, "0411 111 111"));
    lee.do_it(new_phone(&lee, patient, "0422 222 222"));
    for minute in 0..20 {
        reception.do_it(booking(&reception, patient, 0, 480 + minute * 15));
        lee.do_it(booking(&lee, patient, 1, 480 + minute * 15));
    }
    assert_eq!(reception.store.sync_facts().unwrap().outbox_len, 21);
    // The app is closed and opened again with no server in sight.
    let reception = reception.restart().await;
    assert_eq!(cards(&reception).len(), 20, "its own work is there");
    assert_eq!(reception.store.sync_facts().unwrap().outbox_len, 21);

    house.start_server().await.unwrap();
    together(&[&reception, &lee]).await;
    assert_eq!(
        house.count("select count(*) from clinic.appointment where start_at > '2028-01-01'").unwrap(),
        40
    );
    assert_eq!((cards(&reception).len(), cards(&lee).len()), (40, 40));
    assert_eq!(phone(&reception, patient), phone(&lee, patient), "the same winner at both");
    for desk in [&reception, &lee] {
        let items = desk.store.attention(desk.author.user).unwrap();
        assert_eq!(items.len(), 1, "both see the one conflict: {items:?}");
        until("the mark", async || (desk.driver.sync_state().borrow().attention == 1).then_some(())).await;
    }
    let log = house.server_log();
    // Long enough that no id, time or latency spells them: "0411" alone is in one log out of many.
    for word in ["Quinlan", "0411 111 111", "411111111", "0422 222 222", "422222222"] {
        assert!(!log.contains(word), "{word} is in the server's log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_database_is_an_outage_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let desk = Desk::ready(&house, "reception-1", &person("maria")).await;
    house.cluster().stop().unwrap();
    let patient = registration("Ferro", "0400 000 001");
    desk.do_it(patient.clone());
    until("a refusal", async || (desk.driver.sync_state().borrow().waiting == 1).then_some(())).await;
    house.cluster().restart().unwrap();
    desk.in_step("sent after the restart").await;
    assert_eq!(house.count("select count(*) from clinic.patient where family_name = 'Ferro'").unwrap(), 1);
    assert_eq!(desk.connection(), Connection::Online);
}
