//! What people do at their desks, made from what their own file shows.
//!
//! Called by: the sync tests, and [`Worker`] by the chaos test's processes.

mod worker;

use serde_json::json;
use uuid::Uuid;
use wattle_domain::commands::{
    BookAppointment, EditPatient, FieldEdit, NewContact, PatientParts, RegisterPatient,
};
use wattle_domain::{
    AppointmentId, AppointmentTypeId, ClinicDate, ClinicZone, PatientId, PractitionerId, TableName,
};
use wattle_local_store::{Error, Store, SystemClock, new_id};
use wattle_protocol::ipc::daybook::{DayBook, DayBookQuery};
use wattle_protocol::ipc::patients::PatientRecord;

pub use worker::Worker;

/// A new patient with a mobile.
#[must_use]
pub fn registration(family_name: &str, phone: &str) -> Option<RegisterPatient> {
    let details = serde_json::from_value(json!({
        "family_name": family_name, "given_name": "Test", "birth_date": "1980-02-03",
        "birth_date_accuracy": "exact", "sex": "female",
    }));
    let contact: NewContact =
        serde_json::from_value(json!({ "id": new_id(&SystemClock), "kind": "mobile", "value": phone }))
            .ok()?;
    let parts = PatientParts { contacts: vec![contact], ..PatientParts::default() };
    Some(RegisterPatient { patient_id: PatientId(new_id(&SystemClock)), details: details.ok()?, parts })
}

/// The first phone of a patient as a file has it.
///
/// # Errors
/// The file cannot be read.
pub fn phone(store: &Store, patient: PatientId) -> Result<Option<(Uuid, String)>, Error> {
    let record = store.patient(patient)?;
    Ok(record.and_then(|record| record.contacts.first().map(|c| (c.id.0, c.value.clone()))))
}

/// An edit of the phone by somebody who sees this record; `None` when it has none.
#[must_use]
pub fn new_phone(record: &PatientRecord, now: &str) -> Option<EditPatient> {
    let contact = record.contacts.first()?;
    let edit = FieldEdit {
        table: TableName::PatientContact,
        row_id: contact.id.0,
        field: "value".into(),
        seen_rev: *record.revs.get(&contact.id.0)?,
        was: contact.value.clone().into(),
        now: now.into(),
    };
    Some(EditPatient { patient_id: record.patient.id, edits: vec![edit], parts: PatientParts::default() })
}

/// An edit of the preferred name by somebody who sees this record.
#[must_use]
pub fn new_preferred_name(record: &PatientRecord, now: &str) -> Option<EditPatient> {
    let patient = &record.patient;
    let edit = FieldEdit {
        table: TableName::Patient,
        row_id: patient.id.0,
        field: "preferred_name".into(),
        seen_rev: *record.revs.get(&patient.id.0)?,
        was: json!(patient.preferred_name),
        now: now.into(),
    };
    Some(EditPatient { patient_id: patient.id, edits: vec![edit], parts: PatientParts::default() })
}

/// A day far from the sample's book, so that it is empty.
#[must_use]
pub fn quiet_day() -> ClinicDate {
    ClinicDate(chrono::NaiveDate::from_ymd_opt(2028, 3, 1).unwrap_or_default())
}

/// One day of the book.
///
/// # Errors
/// The file cannot be read.
pub fn day(store: &Store, from: ClinicDate) -> Result<DayBook, Error> {
    store.day_book(&DayBookQuery { from, days: 1, practitioner_id: None })
}

/// A booking of 15 minutes with a practitioner (by their place in the book) at a minute of a day; `None` when the book has
/// no such column.
#[must_use]
pub fn booking(
    book: &DayBook,
    day: ClinicDate,
    patient: PatientId,
    column: usize,
    minute: u32,
) -> Option<BookAppointment> {
    let practitioner_id: PractitionerId = book.practitioners.get(column)?.id;
    let type_id: AppointmentTypeId = book.types.first()?.id;
    let start_at = ClinicZone::default().at_minute(day, minute);
    Some(BookAppointment {
        appointment_id: AppointmentId(new_id(&SystemClock)),
        practitioner_id,
        patient_id: patient,
        type_id,
        room_id: None,
        start_at,
        end_at: start_at.plus_minutes(15),
        double_booking: false,
        note: None,
    })
}
