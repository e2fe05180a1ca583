//! Patients.

use wattle_domain::commands::{EditPatient, NoteAccess, RegisterPatient};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::patients::{
    PatientDraft, PatientHit, PatientQuery, PatientRecord, PossibleDuplicate, SearchPatients,
};

use super::{Answer, call};

/// `search_patients`.
pub(crate) async fn search_patients(args: SearchPatients) -> Answer<Vec<PatientHit>> {
    call("search_patients", &args).await
}

/// `patient`.
pub(crate) async fn patient(args: PatientQuery) -> Answer<PatientRecord> {
    call("patient", &args).await
}

/// `note_access`.
pub(crate) async fn note_access(args: NoteAccess) -> Answer<Written> {
    call("note_access", &args).await
}

/// `possible_duplicates`.
pub(crate) async fn possible_duplicates(args: PatientDraft) -> Answer<Vec<PossibleDuplicate>> {
    call("possible_duplicates", &args).await
}

/// `register_patient`.
pub(crate) async fn register_patient(args: RegisterPatient) -> Answer<Written> {
    call("register_patient", &args).await
}

/// `edit_patient`.
pub(crate) async fn edit_patient(args: EditPatient) -> Answer<Written> {
    call("edit_patient", &args).await
}
