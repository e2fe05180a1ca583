//! A patient as a line of results.

use rusqlite::{Connection, OptionalExtension};
use wattle_domain::PatientId;
use wattle_protocol::ipc::patients::PatientHit;

use super::restricted::unless_restricted;
use crate::error::Error;

/// The line of a patient; `None` when there is no such patient here.
pub(crate) fn load(
    connection: &Connection,
    id: PatientId,
    matched: Vec<String>,
    fuzzy: bool,
) -> Result<Option<PatientHit>, Error> {
    let (phone, suburb) =
        (unless_restricted("patient_card", "phone"), unless_restricted("patient_card", "suburb"));
    let sql = format!(
        "SELECT record_number, family_name, given_name, preferred_name, birth_date, {phone}, {suburb}, deceased,
             EXISTS (SELECT 1 FROM pending_row w WHERE w.tbl = 'patient' AND w.id = patient_id AND w.wrote = 1)
         FROM patient_card WHERE patient_id = ?"
    );
    let hit = connection
        .prepare_cached(&sql)?
        .query_row([id.to_string()], |row| {
            Ok(PatientHit {
                id,
                record_number: row.get(0)?,
                family_name: row.get(1)?,
                given_name: row.get(2)?,
                preferred_name: row.get(3)?,
                birth_date: row.get::<_, Option<String>>(4)?.and_then(|text| text.parse().ok()),
                phone: row.get(5)?,
                suburb: row.get(6)?,
                deceased: row.get(7)?,
                matched,
                fuzzy,
                pending: row.get(8)?,
            })
        })
        .optional()?;
    Ok(hit)
}
