use serde_json::{Value, json};
use wattle_domain::attribution::Attribution;
use wattle_domain::commands::{EditPatient, FieldEdit, NewContact, NewIdentifier, PatientParts};
use wattle_domain::entities::{Conflict, Patient, PatientContact, PatientIdentifier};
use wattle_domain::fields::{ContactKind, IdentifierKind};
use wattle_domain::{ContactId, IdentifierId, Outcome, RejectionCode, Rev, Row, TableName};

use crate::map_store::{MARIA, MapStore, NINE, dr_lee, reception, uuid};

pub const PHONE: ContactId = ContactId(uuid::Uuid::from_u128(0xe1));

pub fn with_a_phone() -> MapStore {
    let mut store = MapStore::with_a_clinic();
    let contact = NewContact {
        id: PHONE,
        kind: ContactKind::Mobile,
        value: "0491 570 006".into(),
        name: None,
        note: None,
        preferred: true,
    };
    let parts = PatientParts { contacts: vec![contact], ..PatientParts::default() };
    store.run(&reception(), EditPatient { patient_id: MARIA, edits: vec![], parts }).unwrap();
    store
}

pub fn phone(was: &str, now: &str) -> EditPatient {
    edit(TableName::PatientContact, PHONE.0, "value", json!(was), json!(now))
}

fn edit(table: TableName, row_id: uuid::Uuid, field: &str, was: Value, now: Value) -> EditPatient {
    let edit = FieldEdit { table, row_id, field: field.into(), seen_rev: Rev(1), was, now };
    EditPatient { patient_id: MARIA, edits: vec![edit], parts: PatientParts::default() }
}

#[test]
fn numbers_are_stored_in_one_form_and_flagged_when_odd() {
    let mut store = with_a_phone();
    assert_eq!(store.get::<PatientContact>(PHONE).value, "+61491570006");
    let id = IdentifierId(uuid(0xe2));
    let medicare = NewIdentifier {
        id,
        kind: IdentifierKind::Medicare,
        value: "6951 44967 7".into(),
        reference: None,
        expires_on: None,
    };
    let parts = PatientParts { identifiers: vec![medicare], ..PatientParts::default() };
    store.run(&reception(), EditPatient { patient_id: MARIA, edits: vec![], parts }).unwrap();
    assert!(store.get::<PatientIdentifier>(id).check_failed, "kept, and flagged");
    let right = edit(TableName::PatientIdentifier, id.0, "value", json!("6951449677"), json!("2123 45670 1"));
    store.run(&reception(), right).unwrap();
    let stored = store.get::<PatientIdentifier>(id);
    assert_eq!((stored.value.as_str(), stored.check_failed), ("2123456701", false));
}

#[test]
fn two_people_two_fields_is_a_merge() {
    let mut store = with_a_phone();
    let name = edit(TableName::Patient, MARIA.0, "given_name", json!("Maria"), json!("Marie"));
    let called = edit(TableName::Patient, MARIA.0, "preferred_name", Value::Null, json!("Mia"));
    assert_eq!(store.run(&reception(), name).unwrap().outcome, Outcome::Applied);
    assert_eq!(store.run(&dr_lee(), called).unwrap().outcome, Outcome::Merged);
    let patient = store.get::<Patient>(MARIA);
    assert_eq!(
        (patient.given_name.as_deref(), patient.preferred_name.as_deref()),
        (Some("Marie"), Some("Mia"))
    );
}

#[test]
fn two_people_one_field_is_a_conflict_that_keeps_both_values_with_who_and_when() {
    let mut store = with_a_phone();
    store.run(&reception(), phone("+61491570006", "0491 570 156")).unwrap();
    let second = store.run(&dr_lee(), phone("+61491570006", "0491 570 157")).unwrap();
    assert_eq!(second.outcome, Outcome::Conflict);
    assert_eq!(store.get::<PatientContact>(PHONE).value, "+61491570157", "the later receipt stands");
    let [conflict] = store.all::<Conflict>().try_into().unwrap();
    assert_eq!((conflict.kept_value, conflict.kept_by), (json!("+61491570157"), Some(dr_lee().user)));
    assert_eq!((conflict.other_value, conflict.other_by), (json!("+61491570156"), Some(reception().user)));
    assert!(conflict.other_at.unwrap() < conflict.kept_at);
}

#[test]
fn two_people_who_write_the_same_agree() {
    let mut store = with_a_phone();
    store.run(&reception(), phone("+61491570006", "0491 570 156")).unwrap();
    let second = store.run(&dr_lee(), phone("+61491570006", "0491570156")).unwrap();
    assert_eq!((second.outcome, second.changes.len()), (Outcome::Applied, 0));
}

#[test]
fn an_edit_of_what_was_taken_away_meanwhile_is_a_conflict_and_keeps_what_was_typed() {
    let mut store = with_a_phone();
    let row = store.rows.row(TableName::PatientContact, PHONE.0).unwrap().clone();
    let attribution = Attribution { deleted_at: Some(NINE), ..row.attribution };
    store.rows.insert(TableName::PatientContact, Row { attribution, ..row });
    let edited = store.run(&reception(), phone("+61491570006", "0491 570 156")).unwrap();
    assert_eq!(edited.outcome, Outcome::Conflict);
    let [conflict] = store.all::<Conflict>().try_into().unwrap();
    assert_eq!((conflict.kept_value, conflict.other_value), (json!("+61491570156"), json!("+61491570006")));
    let row = store.rows.row(TableName::PatientContact, PHONE.0).unwrap();
    assert_eq!(row.attribution.deleted_at, Some(NINE), "it does not come back by itself");
}

#[test]
fn what_may_not_be_edited_is_refused_by_field() {
    let rows = [
        ("the server gives record numbers", "record_number", json!("7")),
        ("there is no such column", "shoe_size", json!("39")),
        ("a family name is never empty", "family_name", json!("  ")),
        ("a date is a date", "birth_date", json!("yesterday")),
        ("sex is a word of the list", "sex", json!("f")),
        ("history is not typed", "field_changes", json!({})),
    ];
    for (why, field, now) in rows {
        let mut store = MapStore::with_a_clinic();
        let no =
            store.run(&reception(), edit(TableName::Patient, MARIA.0, field, Value::Null, now)).unwrap_err();
        assert_eq!((no.code, no.field.as_deref()), (RejectionCode::Invalid, Some(field)), "{why}");
    }
}

#[test]
fn a_row_of_another_patient_is_out_of_reach() {
    let mut store = with_a_phone();
    let mut other = store.get::<PatientContact>(PHONE);
    other.patient_id = wattle_domain::PatientId(uuid(0xa2));
    store.put(PHONE.0, &other);
    assert_eq!(store.run(&reception(), phone("x", "y")).unwrap_err().code, RejectionCode::NotFound);
}
