//! Who sees patients, through the real server and its database: whoever runs the house writes, everybody gets it.

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::commands::{
    EditPractitioner, FieldEdit, NewProviderNumber, PractitionerDetails, RecordPractitioner,
};
use wattle_domain::{PractitionerId, RejectionCode, Rev, Role, TableName, UserId};
use wattle_protocol::push::Verdict;

use super::push::code;
use crate::support::House;
use crate::support::desk::Book;

fn somebody(family_name: &str, user_id: Option<UserId>) -> RecordPractitioner {
    let details = PractitionerDetails {
        title: Some("Dr".into()),
        family_name: family_name.into(),
        given_name: None,
        profession: Some("Podiatrist".into()),
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 20,
        usual_room_id: None,
        sort: 9,
        user_id,
    };
    let number =
        NewProviderNumber { id: Uuid::now_v7(), location_id: None, provider_number: "2426621B".into() };
    RecordPractitioner {
        practitioner_id: PractitionerId(Uuid::now_v7()),
        details,
        provider_numbers: vec![number],
    }
}

fn edit(practitioner_id: PractitionerId, field: &str, was: Value, now: Value) -> EditPractitioner {
    let edit = FieldEdit {
        table: TableName::Practitioner,
        row_id: practitioner_id.0,
        field: field.into(),
        seen_rev: Rev(1),
        was,
        now,
    };
    EditPractitioner { practitioner_id, edits: vec![edit], provider_numbers: vec![] }
}

#[tokio::test]
async fn an_admin_adds_somebody_and_the_desk_books_with_them_until_and_after_they_are_closed() {
    let house = House::new().await;
    house.person("ada", Role::Admin).await;
    let mut ada = house.desk("office-1", "ada").await;
    let mut noor = house.desk("office-2", "noor").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let new = somebody("Raman", None);
    let id = new.practitioner_id;
    assert_eq!(code(&reception.do_it(new.clone()).await), Some(RejectionCode::NotAllowed));
    assert_eq!(ada.do_it(new.clone()).await, Verdict::Applied);
    assert_eq!(noor.do_it(edit(id, "usual_duration_min", json!(20), json!(30))).await, Verdict::Applied);
    // What the admin saw is over: refused, and no row that her file may not hold.
    let late = ada.do_it(edit(id, "usual_duration_min", json!(20), json!(40))).await;
    assert_eq!(code(&late), Some(RejectionCode::ChangedSince));
    assert_eq!(house.count("SELECT count(*) FROM clinic.conflict").await, 0);

    reception.pull().await;
    let row = reception.row("practitioner", id).expect("everybody gets it");
    assert_eq!((&row["family_name"], &row["usual_duration_min"]), (&json!("Raman"), &json!(30)));
    let number = reception.row("practitioner_location", new.provider_numbers[0].id).unwrap();
    assert_eq!((&number["provider_number"], &number["check_failed"]), (&json!("2426621B"), &json!(false)));
    let patient = reception.register("Nguyen").await;
    let booked = reception.do_it(Book { practitioner: id, patient, minute: 0 }.command(&house)).await;
    assert_eq!(booked, Verdict::Applied, "who may not change the column reads it for a booking");

    assert_eq!(noor.do_it(edit(id, "active", json!(true), json!(false))).await, Verdict::Applied);
    reception.pull().await;
    assert_eq!(reception.row("practitioner", id).unwrap()["active"], json!(false));
    // A booking that was made while nobody knew is kept: its column shows for that day.
    let patient = reception.register("Okafor").await;
    let later = Book { practitioner: id, patient, minute: 60 }.command(&house);
    assert_eq!(reception.do_it(later).await, Verdict::Applied);
    let acts = "SELECT string_agg(action, ',' ORDER BY at, id) FROM clinic.audit_event \
                WHERE action LIKE '%practitioner' AND outcome = 'applied'";
    assert_eq!(house.text(acts).await, "record_practitioner,edit_practitioner,close_practitioner");
}

#[tokio::test]
async fn one_account_is_one_practitioner() {
    let house = House::new().await;
    let mut noor = house.desk("office-2", "noor").await;
    let twice = noor.do_it(somebody("Raman", Some(house.maria))).await;
    assert_eq!(twice, Verdict::Applied);
    let twice = noor.do_it(somebody("Khan", Some(house.maria))).await;
    assert_eq!(code(&twice), Some(RejectionCode::AlreadyExists));
}
