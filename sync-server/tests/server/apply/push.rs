use wattle_domain::RejectionCode;
use wattle_protocol::push::Verdict;

use crate::support::desk::patient;
use crate::support::{Book, House};

#[tokio::test]
async fn a_booking_reaches_the_other_desk() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    lee.pull().await;

    let patient_id = reception.register("Nguyen").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 }.command(&house);
    let appointment = book.appointment_id;
    assert_eq!(reception.do_it(book).await, Verdict::Applied);

    lee.pull().await;
    let row = lee.row("patient", patient_id).expect("the patient came");
    assert_eq!(row["family_name"], "Nguyen");
    assert_eq!(row["birth_date"], "1961-02-03");
    assert_eq!(row["record_number"], "1");
    assert_eq!(row["rev"], 1);
    assert_eq!(row["updated_by"], serde_json::json!(reception.user()), "attributed by the database");
    assert_eq!(row["origin_workstation"], serde_json::json!(reception.workstation()));
    assert_eq!(lee.row("appointment", appointment).expect("the booking came")["status"], "booked");
    assert!(lee.rows.keys().any(|(table, _)| table == "appointment_event"));
}

#[tokio::test]
async fn the_second_booking_of_a_slot_is_rejected_with_free_ones() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 };
    assert_eq!(reception.do_it(book.command(&house)).await, Verdict::Applied);
    let Verdict::Rejected { rejection } = reception.do_it(book.command(&house)).await else {
        panic!("taken")
    };
    assert_eq!(rejection.code, RejectionCode::SlotTaken);
    assert_eq!(rejection.free.len(), 3);
    let _ = patient("x");
}
