//! Patients. See `wattle_protocol::ipc::patients`.

use wattle_domain::commands::{EditPatient, NoteAccess, RegisterPatient};
use wattle_protocol::ipc::{
    Written,
    patients::{PatientDraft, PatientHit, PatientQuery, PatientRecord, PossibleDuplicate, SearchPatients},
};

use super::{Answer, Desk};

/// Finds people as one types.
#[tauri::command]
pub(crate) async fn search_patients(desk: Desk<'_>, args: SearchPatients) -> Answer<Vec<PatientHit>> {
    Ok(desk.search_patients(args).await?)
}

/// One person with what hangs on them.
#[tauri::command]
pub(crate) async fn patient(desk: Desk<'_>, args: PatientQuery) -> Answer<PatientRecord> {
    Ok(desk.patient(args).await?)
}

/// A record was looked at.
#[tauri::command]
pub(crate) async fn note_access(desk: Desk<'_>, args: NoteAccess) -> Answer<Written> {
    Ok(desk.note_access(args).await?)
}

/// People who may be the one being registered.
#[tauri::command]
pub(crate) async fn possible_duplicates(
    desk: Desk<'_>,
    args: PatientDraft,
) -> Answer<Vec<PossibleDuplicate>> {
    Ok(desk.possible_duplicates(args).await?)
}

/// Adds a person.
#[tauri::command]
pub(crate) async fn register_patient(desk: Desk<'_>, args: RegisterPatient) -> Answer<Written> {
    Ok(desk.register_patient(args).await?)
}

/// Changes some fields of a person.
#[tauri::command]
pub(crate) async fn edit_patient(desk: Desk<'_>, args: EditPatient) -> Answer<Written> {
    Ok(desk.edit_patient(args).await?)
}
