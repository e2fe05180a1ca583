//! Two patients with one Medicare card: the same number and the same line of the card. Typed at two desks that did not hear of
//! each other, the server takes both, because a clash is no reason to refuse a patient; every desk then says so.

use std::collections::BTreeMap;

use rusqlite::Connection;
use wattle_domain::{PatientId, UtcInstant};
use wattle_protocol::ipc::attention::{SameCardItem, SameCardPatient};

use super::rejected;
use crate::error::Error;

/// All of them, one entry a card.
pub(super) fn items(connection: &Connection) -> Result<Vec<SameCardItem>, Error> {
    // What an import brought twice is in the report of the move, and there may be hundreds: told is what somebody typed.
    let sql = "SELECT i.value, i.reference, i.patient_id, i.created_at FROM patient_identifier i
        JOIN (SELECT value, reference FROM patient_identifier
              WHERE kind = 'medicare' AND reference IS NOT NULL AND deleted_at IS NULL
              GROUP BY value, reference
              HAVING count(DISTINCT patient_id) > 1 AND max(created_by IS NOT NULL) = 1) twice
          ON twice.value = i.value AND twice.reference = i.reference
        WHERE i.kind = 'medicare' AND i.reference IS NOT NULL AND i.deleted_at IS NULL
        ORDER BY i.created_at, i.id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, i64>(3)?,
        ))
    })?;
    let mut cards: BTreeMap<(String, String), SameCardItem> = BTreeMap::new();
    for row in rows {
        let (value, reference, patient, at) = row?;
        let patient_id: PatientId =
            patient.parse().map_err(|_| Error::BadRow { what: "patient_identifier".into() })?;
        let card = cards.entry((value.clone(), reference.clone())).or_insert_with(|| SameCardItem {
            number: value,
            reference,
            noticed_at: UtcInstant(at),
            patients: Vec::new(),
        });
        card.noticed_at = UtcInstant(at);
        if card.patients.iter().all(|known| known.patient_id != patient_id) {
            let name = rejected::patient_name(connection, patient_id)?;
            card.patients.push(SameCardPatient { patient_id, name });
        }
    }
    Ok(cards.into_values().collect())
}
