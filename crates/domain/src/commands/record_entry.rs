//! What the verbs that write the clinical record have in common.

use serde_json::Value;

use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::table::TableName;
use crate::world::{Read, World};

/// The longest name of a substance, problem or medicine, characters.
pub(super) const NAME_CHARS: usize = 200;
/// The longest directions, reaction, reason or comment, characters.
pub(super) const LINE_CHARS: usize = 1_000;

/// A patient, and the row that is to be.
pub(super) fn reads(patient: PatientId, table: TableName, id: uuid::Uuid) -> Vec<Read> {
    vec![Read::Row(TableName::Patient, patient.0), Read::Row(table, id)]
}

/// The patient is known, and the row is new.
pub(super) fn check_new(
    world: &World,
    patient: PatientId,
    table: TableName,
    id: uuid::Uuid,
) -> Result<(), Rejection> {
    if world.row(TableName::Patient, patient).is_none() {
        return Err(Rejection::new(RejectionCode::NotFound));
    }
    if world.row(table, id).is_some() {
        return Err(Rejection::new(RejectionCode::AlreadyExists));
    }
    Ok(())
}

/// A text that must be there: trimmed.
pub(super) fn needed(field: &str, text: &str, most: usize) -> Result<String, Rejection> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        return Err(Rejection::invalid(field));
    }
    Ok(text.to_owned())
}

/// A text that may be missing: trimmed, empty as none.
pub(super) fn maybe(field: &str, text: Option<&str>, most: usize) -> Result<Option<String>, Rejection> {
    match text.map(str::trim).filter(|t| !t.is_empty()) {
        None => Ok(None),
        Some(text) => needed(field, text, most).map(Some),
    }
}

/// A text as an edit has it: as long as [`needed`] and [`maybe`] allow, and there when it must be.
pub(super) fn check_text(field: &str, value: &Value) -> Result<(), Rejection> {
    let most = if matches!(field, "text" | "substance") { NAME_CHARS } else { LINE_CHARS };
    let needs = matches!(field, "text" | "reason" | "substance");
    match value {
        Value::String(text) if text.trim().is_empty() && needs => Err(Rejection::invalid(field)),
        Value::String(text) if text.chars().count() > most => Err(Rejection::invalid(field)),
        _ => Ok(()),
    }
}
