//! The clinical record. See `wattle_protocol::ipc::record`.

use wattle_domain::commands::{
    EditEntry, EditRecall, RecordAllergy, RecordCondition, RecordMedication, RecordObservations,
    RecordRecall, SignNote,
};
use wattle_protocol::ipc::{
    Written,
    record::{ClinicalRecord, DiscardDraft, NoteDraft, RecordQuery},
};

use super::{Answer, Desk};

/// What is in a patient's clinical record.
#[tauri::command]
pub(crate) async fn clinical_record(desk: Desk<'_>, args: RecordQuery) -> Answer<ClinicalRecord> {
    Ok(desk.clinical_record(args).await?)
}

/// Saves a note that is not signed yet.
#[tauri::command]
pub(crate) async fn save_draft(desk: Desk<'_>, args: NoteDraft) -> Answer<NoteDraft> {
    Ok(desk.save_draft(args).await?)
}

/// Forgets a draft.
#[tauri::command]
pub(crate) async fn discard_draft(desk: Desk<'_>, args: DiscardDraft) -> Answer<()> {
    Ok(desk.discard_draft(args).await?)
}

/// Signs a note.
#[tauri::command]
pub(crate) async fn sign_note(desk: Desk<'_>, args: SignNote) -> Answer<Written> {
    Ok(desk.sign_note(args).await?)
}

/// Notes an allergy, or nil known.
#[tauri::command]
pub(crate) async fn record_allergy(desk: Desk<'_>, args: RecordAllergy) -> Answer<Written> {
    Ok(desk.record_allergy(args).await?)
}

/// Notes a problem.
#[tauri::command]
pub(crate) async fn record_condition(desk: Desk<'_>, args: RecordCondition) -> Answer<Written> {
    Ok(desk.record_condition(args).await?)
}

/// Enters a medicine.
#[tauri::command]
pub(crate) async fn record_medication(desk: Desk<'_>, args: RecordMedication) -> Answer<Written> {
    Ok(desk.record_medication(args).await?)
}

/// Changes fields of the record.
#[tauri::command]
pub(crate) async fn edit_entry(desk: Desk<'_>, args: EditEntry) -> Answer<Written> {
    Ok(desk.edit_entry(args).await?)
}

/// Notes measured values.
#[tauri::command]
pub(crate) async fn record_observations(desk: Desk<'_>, args: RecordObservations) -> Answer<Written> {
    Ok(desk.record_observations(args).await?)
}

/// Makes a recall.
#[tauri::command]
pub(crate) async fn record_recall(desk: Desk<'_>, args: RecordRecall) -> Answer<Written> {
    Ok(desk.record_recall(args).await?)
}

/// Changes fields of recalls.
#[tauri::command]
pub(crate) async fn edit_recall(desk: Desk<'_>, args: EditRecall) -> Answer<Written> {
    Ok(desk.edit_recall(args).await?)
}
