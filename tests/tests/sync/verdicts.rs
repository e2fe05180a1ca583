//! Rules that say no at the server after they said yes at the desk.

use wattle_domain::RejectionCode;
use wattle_domain::commands::{Choice, ResolveConflict};
use wattle_protocol::ipc::attention::AttentionItem;

use super::desk::{Desk, clinic, person, together, until};
use super::work::{booking, cards, new_phone, phone, registration};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bookings_of_one_slot_one_is_kept_and_the_other_offered_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let reception = Desk::ready(&house, "reception-1", &person("maria")).await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;
    let patient = registration("Novak", "0400 000 007");
    reception.do_it(patient.clone());
    until("the patient at dr-lee's", async || phone(&lee, patient.patient_id)).await;
    together(&[&reception, &lee]).await;

    house.kill_server();
    reception.offline().await;
    lee.offline().await;
    reception.do_it(booking(&reception, patient.patient_id, 0, 540));
    lee.do_it(booking(&lee, patient.patient_id, 0, 545));
    assert_eq!(
        (cards(&reception).len(), cards(&lee).len()),
        (1, 1),
        "each has its own, and cannot know better"
    );
    house.start_server().await.unwrap();
    together(&[&reception, &lee]).await;

    assert_eq!(
        house.count("select count(*) from clinic.appointment where start_at > '2028-01-01'").unwrap(),
        1
    );
    assert_eq!(cards(&reception), cards(&lee), "the loser's card is gone, the winner's is at both");
    let mut rejected = Vec::new();
    for desk in [&reception, &lee] {
        for item in desk.store.attention(desk.author.user).unwrap() {
            let AttentionItem::Rejected(item) = item else { panic!("no conflict: {item:?}") };
            rejected.push(item);
        }
    }
    let [item] = rejected.as_slice() else { panic!("one booking lost: {rejected:?}") };
    let rejection = item.rejection.as_ref().unwrap();
    assert_eq!((item.name.as_str(), rejection.code), ("book_appointment", RejectionCode::SlotTaken));
    assert!(!rejection.free.is_empty(), "free slots are offered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_resolved_once_for_both() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = clinic(&dir).await;
    let reception = Desk::ready(&house, "reception-1", &person("maria")).await;
    let lee = Desk::ready(&house, "dr-lee", &person("lee")).await;
    let patient = registration("Baptiste", "0400 000 008");
    reception.do_it(patient.clone());
    let patient = patient.patient_id;
    until("the patient at dr-lee's", async || phone(&lee, patient)).await;
    together(&[&reception, &lee]).await;

    house.kill_server();
    reception.offline().await;
    lee.offline().await;
    reception.do_it(new_phone(&reception, patient, "0411 111 111"));
    lee.do_it(new_phone(&lee, patient, "0422 222 222"));
    house.start_server().await.unwrap();
    together(&[&reception, &lee]).await;

    let items = reception.store.attention(reception.author.user).unwrap();
    let [AttentionItem::Conflict(item)] = items.as_slice() else { panic!("one conflict: {items:?}") };
    let mut values = [item.kept.value.to_string(), item.other.value.to_string()];
    values.sort();
    assert!(values[0].contains("11") && values[1].contains("22"), "both values are kept: {values:?}");
    reception.do_it(ResolveConflict {
        conflict_id: item.id,
        table: item.table,
        row_id: item.row_id,
        choice: Choice::Other,
    });
    for desk in [&reception, &lee] {
        until("resolved", async || desk.store.attention(desk.author.user).unwrap().is_empty().then_some(()))
            .await;
        let want = item.other.value.as_str().map(str::to_owned);
        until("the chosen value", async || (phone(desk, patient).map(|p| p.1) == want).then_some(())).await;
    }
    together(&[&reception, &lee]).await;
}
