//! The clinical record.

use wattle_domain::commands::{
    EditEntry, EditRecall, RecordAllergy, RecordCondition, RecordMedication, RecordObservations,
    RecordRecall, SignNote,
};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::record::{ClinicalRecord, DiscardDraft, NoteDraft, RecordQuery};

use super::{Answer, call};

/// `clinical_record`.
pub(crate) async fn clinical_record(args: RecordQuery) -> Answer<ClinicalRecord> {
    call("clinical_record", &args).await
}

/// `save_draft`.
pub(crate) async fn save_draft(args: NoteDraft) -> Answer<NoteDraft> {
    call("save_draft", &args).await
}

/// `discard_draft`.
pub(crate) async fn discard_draft(args: DiscardDraft) -> Answer<()> {
    call("discard_draft", &args).await
}

/// `sign_note`.
pub(crate) async fn sign_note(args: SignNote) -> Answer<Written> {
    call("sign_note", &args).await
}

/// `record_allergy`.
pub(crate) async fn record_allergy(args: RecordAllergy) -> Answer<Written> {
    call("record_allergy", &args).await
}

/// `record_condition`.
pub(crate) async fn record_condition(args: RecordCondition) -> Answer<Written> {
    call("record_condition", &args).await
}

/// `record_medication`.
pub(crate) async fn record_medication(args: RecordMedication) -> Answer<Written> {
    call("record_medication", &args).await
}

/// `edit_entry`.
pub(crate) async fn edit_entry(args: EditEntry) -> Answer<Written> {
    call("edit_entry", &args).await
}

/// `record_observations`.
pub(crate) async fn record_observations(args: RecordObservations) -> Answer<Written> {
    call("record_observations", &args).await
}

/// `record_recall`.
pub(crate) async fn record_recall(args: RecordRecall) -> Answer<Written> {
    call("record_recall", &args).await
}

/// `edit_recall`.
pub(crate) async fn edit_recall(args: EditRecall) -> Answer<Written> {
    call("edit_recall", &args).await
}
