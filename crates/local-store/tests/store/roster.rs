//! Who sees patients, at a workstation: a closed column stays as long as somebody is booked in it.

use serde_json::json;
use wattle_domain::commands::{
    CancelAppointment, EditPractitioner, FieldEdit, NewProviderNumber, PractitionerDetails,
    RecordPractitioner,
};
use wattle_domain::{PractitionerId, Rev, Role, TableName};
use wattle_local_store::{Author, SigningKey, Store};
use wattle_protocol::ipc::daybook::DayBookQuery;

use super::cast::*;

fn manager() -> Author {
    let (signing_key, _) = SigningKey::generate().unwrap();
    Author { user: LEE, roles: vec![Role::PracticeManager], signing_key }
}

fn set_active(n: u128, active: bool) -> EditPractitioner {
    let practitioner_id = PractitionerId(id(1, n));
    let edit = FieldEdit {
        table: TableName::Practitioner,
        row_id: practitioner_id.0,
        field: "active".into(),
        seen_rev: Rev(1),
        was: json!(!active),
        now: json!(active),
    };
    EditPractitioner { practitioner_id, edits: vec![edit], provider_numbers: vec![] }
}

/// The columns of a day, from the left.
fn columns(store: &Store, day: &str) -> Vec<String> {
    let query = DayBookQuery { from: day.parse().unwrap(), days: 1, practitioner_id: None };
    store.day_book(&query).unwrap().practitioners.into_iter().map(|p| p.family_name).collect()
}

#[test]
fn a_closed_column_goes_when_nobody_is_booked_in_it_that_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    store.submit(&manager(), set_active(1, false).into()).unwrap();
    assert_eq!(columns(&store, "2026-11-23"), ["Lee", "Okafor"], "somebody is booked");
    assert_eq!(columns(&store, "2026-11-24"), ["Okafor"]);
    let cancel = CancelAppointment { appointment_id: id(5, 1).into(), reason: "Dr Lee has left".into() };
    store.submit(&maria(), cancel.into()).unwrap();
    assert_eq!(columns(&store, "2026-11-23"), ["Okafor"], "the last booking of the day is gone");
    store.submit(&manager(), set_active(1, true).into()).unwrap();
    assert_eq!(columns(&store, "2026-11-23"), ["Lee", "Okafor"]);
}

#[test]
fn the_roster_has_everybody_with_their_numbers_and_what_the_forms_choose_from() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[]);
    let details = PractitionerDetails {
        title: None,
        family_name: "Raman".into(),
        given_name: Some("Priya".into()),
        profession: None,
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 15,
        usual_room_id: Some(id(6, 2).into()),
        sort: 0,
        user_id: Some(MARIA),
    };
    let number = NewProviderNumber { id: id(90, 1), location_id: None, provider_number: "2426621b".into() };
    let new =
        RecordPractitioner { practitioner_id: id(1, 9).into(), details, provider_numbers: vec![number] };
    store.submit(&manager(), new.into()).unwrap();
    store.submit(&manager(), set_active(2, false).into()).unwrap();
    let roster = store.roster().unwrap();
    let seen: Vec<_> = roster
        .practitioners
        .iter()
        .map(|p| (p.practitioner.family_name.as_str(), p.practitioner.active, p.pending))
        .collect();
    assert_eq!(seen, [("Raman", true, true), ("Lee", true, false), ("Okafor", false, true)]);
    assert_eq!(roster.practitioners[0].provider_numbers[0].0.provider_number, "2426621B");
    assert_eq!((roster.locations.len(), roster.people.len()), (2, 2));
}
