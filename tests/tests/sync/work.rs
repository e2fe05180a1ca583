//! What people do at their desks.

use uuid::Uuid;
use wattle_domain::commands::{
    BookAppointment, EditPatient, FieldEdit, NewContact, PatientParts, RegisterPatient,
};
use wattle_domain::{AppointmentId, AppointmentTypeId, PatientId, PractitionerId, TableName, UtcInstant};
use wattle_local_store::{SystemClock, new_id};
use wattle_protocol::ipc::daybook::{Card, DayBookQuery};
use wattle_protocol::ipc::patients::SearchPatients;

use super::desk::Desk;

pub fn registration(family_name: &str, phone: &str) -> RegisterPatient {
    let details = serde_json::from_value(serde_json::json!({
        "family_name": family_name, "given_name": "Test", "birth_date": "1980-02-03",
        "birth_date_accuracy": "exact", "sex": "female",
    }));
    let contact: NewContact = serde_json::from_value(
        serde_json::json!({ "id": new_id(&SystemClock), "kind": "mobile", "value": phone }),
    )
    .unwrap();
    let parts = PatientParts { contacts: vec![contact], ..PatientParts::default() };
    RegisterPatient { patient_id: PatientId(new_id(&SystemClock)), details: details.unwrap(), parts }
}

/// The phone of a patient as a desk has it.
pub fn phone(desk: &Desk, patient: PatientId) -> Option<(Uuid, String)> {
    let record = desk.store.patient(patient).unwrap()?;
    record.contacts.first().map(|c| (c.id.0, c.value.clone()))
}

/// An edit of the phone as somebody at this desk sees it.
pub fn new_phone(desk: &Desk, patient: PatientId, now: &str) -> EditPatient {
    let (row_id, was) = phone(desk, patient).unwrap();
    let seen_rev = desk.store.patient(patient).unwrap().unwrap().revs[&row_id];
    let edit = FieldEdit {
        table: TableName::PatientContact,
        row_id,
        field: "value".into(),
        seen_rev,
        was: was.into(),
        now: now.into(),
    };
    EditPatient { patient_id: patient, edits: vec![edit], parts: PatientParts::default() }
}

pub fn found(desk: &Desk, query: &str) -> Vec<PatientId> {
    let hits = desk.store.search_patients(&SearchPatients { query: query.into(), limit: 20 }).unwrap();
    hits.into_iter().map(|hit| hit.id).collect()
}

/// A day far from the sample's book, so that it is empty.
fn quiet_day() -> wattle_domain::ClinicDate {
    "2028-03-01".parse().unwrap()
}

/// A booking with a practitioner (by their place in the book) at a minute of the quiet day.
pub fn booking(desk: &Desk, patient: PatientId, column: usize, minute: u32) -> BookAppointment {
    let book =
        desk.store.day_book(&DayBookQuery { from: quiet_day(), days: 1, practitioner_id: None }).unwrap();
    let practitioner: PractitionerId = book.practitioners[column].id;
    let type_id: AppointmentTypeId = book.types[0].id;
    let start_at: UtcInstant = wattle_domain::ClinicZone::default().at_minute(quiet_day(), minute);
    BookAppointment {
        appointment_id: AppointmentId(new_id(&SystemClock)),
        practitioner_id: practitioner,
        patient_id: patient,
        type_id,
        room_id: None,
        start_at,
        end_at: start_at.plus_minutes(15),
        double_booking: false,
        note: None,
    }
}

/// The cards of the quiet day, by id.
pub fn cards(desk: &Desk) -> Vec<Card> {
    let query = DayBookQuery { from: quiet_day(), days: 1, practitioner_id: None };
    let mut cards = desk.store.day_book(&query).unwrap().cards;
    cards.sort_by_key(|card| card.id);
    cards
}
