//! Verdicts: once each, in order, and final.

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::commands::{
    Choice, EditPatient, FieldEdit, NewContact, PatientParts, RecordArrival, ResolveConflict,
    StartConsultation,
};
use wattle_domain::fields::ContactKind;
use wattle_domain::ids::{ContactId, Rev};
use wattle_domain::{RejectionCode, TableName, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Push, Verdict};
use wattle_server::config::Config;

use crate::support::desk::{fault, patient};
use crate::support::{Book, House};

pub fn code(verdict: &Verdict) -> Option<RejectionCode> {
    match verdict {
        Verdict::Rejected { rejection } => Some(rejection.code),
        _ => None,
    }
}

#[tokio::test]
async fn a_booking_reaches_the_other_desk() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    lee.pull().await;

    let patient_id = reception.register("Nguyen").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 }.command(&house);
    let appointment_id = book.appointment_id;
    assert_eq!(reception.do_it(book).await, Verdict::Applied);

    lee.pull().await;
    let row = lee.row("patient", patient_id).expect("the patient came");
    assert_eq!(row["family_name"], "Nguyen");
    assert_eq!(row["birth_date"], "1961-02-03");
    assert_eq!(row["record_number"], "1");
    assert_eq!(row["rev"], 1);
    assert_eq!(row["updated_by"], json!(reception.user()), "attributed by the database");
    assert_eq!(row["origin_workstation"], json!(reception.workstation()));
    assert_eq!(lee.row("appointment", appointment_id).expect("the booking came")["status"], "booked");

    assert_eq!(lee.do_it(StartConsultation { appointment_id }).await, Verdict::Applied);
    let late = lee.do_it(RecordArrival { appointment_id }).await;
    assert_eq!(code(&late), Some(RejectionCode::WrongState));
    reception.pull().await;
    let row = reception.row("appointment", appointment_id).unwrap();
    assert_eq!((row["status"].as_str(), row["rev"].as_i64()), (Some("in_consult"), Some(2)));
    assert_eq!(row["started_at"], json!(house.clock_now()), "an instant to the millisecond");
}

#[tokio::test]
async fn a_taken_slot_is_rejected_with_free_ones() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient = reception.register("Nguyen").await;
    let book = Book { practitioner: house.dr_lee, patient, minute: 0 };
    assert_eq!(reception.do_it(book.command(&house)).await, Verdict::Applied);
    let Verdict::Rejected { rejection } = reception.do_it(book.command(&house)).await else {
        panic!("taken")
    };
    assert_eq!((rejection.code, rejection.free.len()), (RejectionCode::SlotTaken, 3));
    let mut on_purpose = book.command(&house);
    on_purpose.double_booking = true;
    assert_eq!(reception.do_it(on_purpose).await, Verdict::Applied, "a deliberate double booking");
    let other = Book { practitioner: house.dr_khan, ..book };
    assert_eq!(reception.do_it(other.command(&house)).await, Verdict::Applied, "another practitioner");
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_and_changes_nothing() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let first = reception.command(patient("Nguyen"));
    let second = reception.command(patient("Okafor"));
    let answers = reception.push(vec![first.clone(), second.clone()]).await;
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied && !a.duplicate));
    let again = reception.push(vec![first.clone(), second]).await;
    assert!(again.iter().all(|a| a.verdict == Verdict::Applied && a.duplicate));
    // Twice in one push, after it was answered and before.
    let third = reception.command(patient("Silva"));
    let answers = reception.push(vec![third.clone(), third, first]).await;
    assert_eq!(answers.iter().filter(|a| a.duplicate).count(), 2);
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 3);
    assert_eq!(house.count("SELECT count(*) FROM clinic.audit_event").await, 3);
    assert_eq!(house.count("SELECT max(rev) FROM clinic.patient").await, 1);
}

#[tokio::test]
async fn an_id_that_comes_back_with_another_payload_is_refused() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let envelope = reception.envelope(patient("Nguyen"));
    let mut other = reception.envelope(patient("Somebody Else"));
    other.id = envelope.id;
    assert_eq!(reception.push(vec![reception.sign(&envelope)]).await[0].verdict, Verdict::Applied);
    let answer = &reception.push(vec![reception.sign(&other)]).await[0];
    assert_eq!(code(&answer.verdict), Some(RejectionCode::AlreadyExists));
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 1);
}

#[tokio::test]
async fn commands_are_decided_in_the_order_of_their_numbers_and_answered_as_sent() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let register = patient("Nguyen");
    let book = Book { practitioner: house.dr_lee, patient: register.patient_id, minute: 0 }.command(&house);
    let first = reception.envelope(register);
    let mut second = reception.envelope(book);
    second.deps.push(first.id);
    let answers = reception.push(vec![reception.sign(&second), reception.sign(&first)]).await;
    assert_eq!(answers.iter().map(|a| a.command_id).collect::<Vec<_>>(), [second.id, first.id]);
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied), "{answers:?}");
    assert_eq!(reception.hello().await.last_n, 2);
}

#[tokio::test]
async fn a_long_queue_is_decided_in_several_transactions() {
    let house = House::with(Config { commands_per_transaction: 3, ..Config::default() }).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let commands: Vec<_> = (0..10).map(|i| reception.command(patient(&format!("Patient {i}")))).collect();
    let answers = reception.push(commands).await;
    assert!(answers.len() == 10 && answers.iter().all(|a| a.verdict == Verdict::Applied));
    assert_eq!(house.count("SELECT max(seq) FROM sync.commit WHERE class = 'front'").await, 4);
    let numbers = house
        .text("SELECT string_agg(record_number, ',' ORDER BY record_number::int) FROM clinic.patient")
        .await;
    assert_eq!(numbers, "1,2,3,4,5,6,7,8,9,10");
}

#[tokio::test]
async fn what_waits_for_a_missing_command_is_deferred_and_not_settled() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let first = reception.envelope(patient("Nguyen"));
    let mut second = reception.envelope(patient("Okafor"));
    second.deps.push(first.id);
    let second = reception.sign(&second);
    let answer = reception.push(vec![second.clone()]).await.remove(0);
    assert_eq!(answer.verdict, Verdict::Deferred { on: first.id });
    let answers = reception.push(vec![reception.sign(&first), second]).await;
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied && !a.duplicate), "{answers:?}");
}

#[tokio::test]
async fn two_edits_of_one_field_are_a_conflict_that_keeps_both_values() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut register = patient("Nguyen");
    let contact = ContactId(Uuid::now_v7());
    register.parts.contacts.push(NewContact {
        id: contact,
        kind: ContactKind::Mobile,
        value: "0412 345 678".to_owned(),
        name: None,
        note: None,
        preferred: true,
    });
    let patient_id = register.patient_id;
    assert_eq!(reception.do_it(register).await, Verdict::Applied);
    let edit = |was: &str, now: &str, field: &str| EditPatient {
        patient_id,
        edits: vec![FieldEdit {
            table: TableName::PatientContact,
            row_id: contact.0,
            field: field.to_owned(),
            seen_rev: Rev(1),
            was: if was.is_empty() { Value::Null } else { json!(was) },
            now: json!(now),
        }],
        parts: PatientParts::default(),
    };
    assert_eq!(reception.do_it(edit("+61412345678", "0412 000 001", "value")).await, Verdict::Applied);
    assert_eq!(lee.do_it(edit("", "after 5 pm", "note")).await, Verdict::Merged, "another field of the row");
    let Verdict::Conflict { conflicts } = lee.do_it(edit("+61412345678", "0412 000 002", "value")).await
    else {
        panic!("the same field")
    };
    reception.pull().await;
    let row = reception.row("conflict", conflicts[0]).expect("both desks get it");
    assert_eq!((&row["kept_value"], &row["other_value"]), (&json!("+61412000002"), &json!("+61412000001")));
    assert_eq!(row["chosen_value"], Value::Null);
    assert_eq!(row["other_by"], json!(house.maria));
    assert_eq!(reception.row("patient_contact", contact).unwrap()["value"], "+61412000002");

    let choice = ResolveConflict {
        conflict_id: conflicts[0],
        table: TableName::PatientContact,
        row_id: contact.0,
        choice: Choice::Other,
    };
    assert_eq!(reception.do_it(choice).await, Verdict::Applied);
    lee.pull().await;
    assert_eq!(lee.row("patient_contact", contact).unwrap()["value"], "+61412000001");
    assert_eq!(lee.row("conflict", conflicts[0]).unwrap()["status"], "resolved");
}

#[tokio::test]
async fn values_that_the_schema_cannot_hold_are_rejections_not_failures() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let known = reception.register("Nguyen").await;
    let zero_byte = patient("Ngu\0yen");
    assert_eq!(code(&reception.do_it(zero_byte).await), Some(RejectionCode::Invalid));
    for start in [i64::MAX / 4, -99_999_999_999_999_999] {
        let mut far = Book { practitioner: house.dr_lee, patient: known, minute: 0 }.command(&house);
        far.start_at = UtcInstant(start);
        far.end_at = UtcInstant(start + 900_000);
        assert_eq!(code(&reception.do_it(far).await), Some(RejectionCode::Invalid), "{start}");
    }
    let mut nobody = Book { practitioner: house.dr_lee, patient: known, minute: 0 }.command(&house);
    nobody.room_id = Some(wattle_domain::LocationId(Uuid::now_v7()));
    assert_eq!(
        code(&reception.do_it(nobody).await),
        Some(RejectionCode::NotFound),
        "a room that is not there"
    );
    assert_eq!(house.count("SELECT count(*) FROM clinic.quarantine").await, 0);
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_fault").await, 0);
}

#[tokio::test]
async fn record_numbers_step_over_imported_ones() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    house
        .execute(
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, record_number) \
             SELECT clinic_id, gen_random_uuid(), 'Imported', 'unknown', 'unknown', n::text \
             FROM clinic.clinic, generate_series(1, 500) n",
        )
        .await;
    let id = reception.register("Nguyen").await;
    reception.pull().await;
    assert_eq!(reception.row("patient", id).unwrap()["record_number"], "501");
    // A rejected registration gives its number back.
    let mut again = patient("Nguyen");
    again.patient_id = id;
    assert_eq!(code(&reception.do_it(again).await), Some(RejectionCode::AlreadyExists));
    let id = reception.register("Okafor").await;
    reception.pull().await;
    assert_eq!(reception.row("patient", id).unwrap()["record_number"], "502");
}

#[tokio::test]
async fn a_malformed_push_changes_nothing() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let good = reception.command(patient("Nguyen"));
    let unnamed = reception.sign_text("{\"n\": 2}".to_owned());
    let response = reception.post("/v1/push", &Push { commands: vec![good, unnamed] }).await;
    assert_eq!(fault(response).await, (reqwest::StatusCode::BAD_REQUEST, ErrorCode::Malformed));
    for body in [json!([]), json!({"commands": 7}), json!({"commands": [{"payload": 1, "signature": ""}]})] {
        let response = reception.post("/v1/push", &body).await;
        assert_eq!(fault(response).await.1, ErrorCode::Malformed, "{body}");
    }
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_log").await, 0);
}

#[tokio::test]
async fn a_stopped_workstation_cannot_push_or_pull() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    house.execute("UPDATE clinic.workstation SET state = 'suspended'").await;
    let push = Push { commands: vec![reception.command(patient("Nguyen"))] };
    assert_eq!(fault(reception.post("/v1/push", &push).await).await.1, ErrorCode::NotAllowed);
    let state = reception.hello().await.workstation;
    assert_eq!(state, wattle_protocol::session::WorkstationState::Suspended, "it is told why");
    house.execute("UPDATE clinic.workstation SET state = 'ok'").await;
    assert_eq!(reception.push(push.commands).await[0].verdict, Verdict::Applied);
}

/// A number that was used before, by a workstation restored from an old disk, loses nothing.
#[tokio::test]
async fn a_number_used_twice_loses_nothing() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    reception.n = 0;
    reception.register("Okafor").await;
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 2);
    assert_eq!(reception.hello().await.last_n, 1);
}
