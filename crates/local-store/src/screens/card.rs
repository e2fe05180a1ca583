//! Appointments as the book shows them.

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::fields::AppointmentStatus;
use wattle_domain::{
    AppointmentId, AppointmentTypeId, ClinicDate, LocationId, PatientId, PractitionerId, UserId, UtcInstant,
};
use wattle_protocol::ipc::daybook::Card;

use super::restricted::unless_restricted;
use crate::error::Error;

/// Everything of the appointment is in the index `appointment_day`, everything of the patient in the card.
const COLUMNS: &str =
    "SELECT a.id, a.practitioner_id, a.patient_id, a.type_id, a.room_id, a.start_at, a.end_at, a.status,
    a.double_booking, a.note, a.arrived_at, a.started_at, a.finished_at, a.updated_by, a.updated_at,
    EXISTS (SELECT 1 FROM pending_row w WHERE w.tbl = 'appointment' AND w.id = a.id AND w.wrote = 1),
    p.family_name, p.given_name, p.preferred_name, p.birth_date";

/// Cards that a condition selects; `index` is the one to walk, `today` decides which alerts have expired.
pub(crate) fn select(
    connection: &Connection,
    index: &str,
    condition: &str,
    parameters: impl rusqlite::Params,
    today: ClinicDate,
) -> Result<Vec<Card>, Error> {
    let phone = unless_restricted("p", "phone");
    let sql = format!(
        "{COLUMNS}, {phone}, p.alert_until, p.first_start_at FROM appointment a INDEXED BY {index} LEFT JOIN patient_card p ON p.patient_id = a.patient_id {condition}"
    );
    let today = today.to_string();
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(parameters, |row| Ok(card(row, &today)))?;
    rows.map(|row| row?).collect()
}

fn card(row: &rusqlite::Row<'_>, today: &str) -> Result<Card, Error> {
    let start_at = UtcInstant(row.get(5)?);
    let status: AppointmentStatus = text(row, 7)?.parse().map_err(|_| bad())?;
    let first: Option<i64> = row.get(22)?;
    let alert_until = row.get_ref(21)?.as_str_or_null().map_err(|_| bad())?;
    Ok(Card {
        id: AppointmentId(id(row, 0)?),
        practitioner_id: PractitionerId(id(row, 1)?),
        patient_id: PatientId(id(row, 2)?),
        patient_name: name(optional(row, 16)?, optional(row, 17)?, optional(row, 18)?),
        birth_date: optional(row, 19)?.and_then(|text| text.parse().ok()),
        phone: row.get(20)?,
        type_id: AppointmentTypeId(id(row, 3)?),
        room_id: optional(row, 4)?.map(Uuid::parse_str).transpose().map_err(|_| bad())?.map(LocationId),
        start_at,
        end_at: UtcInstant(row.get(6)?),
        status,
        double_booking: row.get(8)?,
        note: row.get(9)?,
        arrived_at: row.get::<_, Option<i64>>(10)?.map(UtcInstant),
        started_at: row.get::<_, Option<i64>>(11)?.map(UtcInstant),
        finished_at: row.get::<_, Option<i64>>(12)?.map(UtcInstant),
        alert: alert_until.is_some_and(|until| until >= today),
        new_patient: first == Some(start_at.0) && status.occupies(),
        pending: row.get(15)?,
        updated_by: optional(row, 13)?.map(Uuid::parse_str).transpose().map_err(|_| bad())?.map(UserId),
        updated_at: UtcInstant(row.get(14)?),
    })
}

/// `COSTA Maria (Mia)`; empty when the patient is not here.
pub(crate) fn name(family: Option<&str>, given: Option<&str>, preferred: Option<&str>) -> String {
    let mut name = family.unwrap_or_default().to_uppercase();
    if let Some(given) = given {
        name.push(' ');
        name.push_str(given);
    }
    if let Some(preferred) = preferred.filter(|p| Some(*p) != given) {
        name.push_str(" (");
        name.push_str(preferred);
        name.push(')');
    }
    name
}

fn text<'r>(row: &'r rusqlite::Row<'_>, at: usize) -> Result<&'r str, Error> {
    row.get_ref(at)?.as_str().map_err(|_| bad())
}

fn optional<'r>(row: &'r rusqlite::Row<'_>, at: usize) -> Result<Option<&'r str>, Error> {
    row.get_ref(at)?.as_str_or_null().map_err(|_| bad())
}

fn id(row: &rusqlite::Row<'_>, at: usize) -> Result<Uuid, Error> {
    Uuid::parse_str(text(row, at)?).map_err(|_| bad())
}

fn bad() -> Error {
    Error::BadRow { what: "appointment".into() }
}
