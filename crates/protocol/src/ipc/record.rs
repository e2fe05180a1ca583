//! The clinical record, for those whose roles let them read it. Commands: `clinical_record(RecordQuery) -> ClinicalRecord`,
//! `save_draft(NoteDraft)`, `discard_draft(DiscardDraft)`, and `record_allergy`, `record_condition`, `record_medication`,
//! `edit_entry`, `record_observations`, `sign_note`, `record_recall`, `edit_recall`: the domain's commands as they are; a nil id
//! asks the shell for a new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::entities::{Allergy, ClinicalNote, Condition, InboxItem, Letter, Medication, Observation};
use wattle_domain::substance::Meets;
use wattle_domain::{AppointmentId, NoteId, PatientId, ProviderId, Rev, UserId, UtcInstant};

/// Arguments of `clinical_record`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordQuery {
    /// Whose.
    pub patient_id: PatientId,
    /// Everything, instead of the newest of each kind ([`NEWEST_NOTES`], [`NEWEST_OBSERVATIONS`], [`NEWEST_ENDED`]).
    #[serde(default)]
    pub all: bool,
}

/// Notes, letters and results, of each, that come without [`RecordQuery::all`].
pub const NEWEST_NOTES: usize = 40;
/// Observations that come without it.
pub const NEWEST_OBSERVATIONS: usize = 200;
/// Ended problems and ended medicines that come without it.
pub const NEWEST_ENDED: usize = 40;

/// What is in a patient's clinical record, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClinicalRecord {
    /// Whose: a screen must never show one person's record under another's name.
    pub patient_id: PatientId,
    /// Allergies, intolerances and nil known, all of them.
    pub allergies: Vec<Allergy>,
    /// Problems: active ones, then those that are over.
    pub conditions: Vec<Condition>,
    /// Medicines: active ones, then those that are over.
    pub medications: Vec<Medication>,
    /// What was measured, without what was put right since.
    pub observations: Vec<Observation>,
    /// Signed notes, superseded ones and addenda too.
    pub notes: Vec<ClinicalNote>,
    /// Letters that were filed.
    #[serde(default)]
    pub letters: Vec<Letter>,
    /// Results, waiting or acted on.
    #[serde(default)]
    pub results: Vec<InboxItem>,
    /// Drafts of the person who asks.
    pub drafts: Vec<NoteDraft>,
    /// Active medicines against an allergy that nobody has answered for, with the allergies.
    pub unanswered: Vec<(Uuid, Vec<(Uuid, Meets)>)>,
    /// Revision of each row that can be edited, for `seen_rev`.
    pub revs: BTreeMap<Uuid, Rev>,
    /// Who wrote each row, and when.
    pub made: BTreeMap<Uuid, Made>,
    /// Rows that are not yet on the server.
    pub pending: Vec<Uuid>,
    /// Display names of the users that appear.
    pub names: BTreeMap<UserId, String>,
    /// How many entries there are in all.
    pub total: u64,
    /// How many of them are here.
    pub shown: u64,
}

/// Who wrote a row, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Who; `None` for the import.
    pub by: Option<UserId>,
    /// When.
    pub at: UtcInstant,
}

/// A note that nobody has signed yet, or a letter that nobody has filed; of one person, on this computer only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDraft {
    /// The id that the note, or the letter, will get.
    pub note_id: NoteId,
    /// About whom.
    pub patient_id: PatientId,
    /// Of which consultation.
    #[serde(default)]
    pub appointment_id: Option<AppointmentId>,
    /// The note that it is to replace.
    #[serde(default)]
    pub supersedes: Option<NoteId>,
    /// The note that it is an addendum of.
    #[serde(default)]
    pub amends: Option<NoteId>,
    /// What it says so far.
    pub body: String,
    /// It is a letter.
    #[serde(default)]
    pub letter: Option<LetterPart>,
    /// When it was saved; given by the shell.
    #[serde(default)]
    pub saved_at: UtcInstant,
}

/// What a draft of a letter has and a note has not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterPart {
    /// To whom, when they are in the address book.
    #[serde(default)]
    pub provider_id: Option<ProviderId>,
    /// Name and address, a line each.
    pub recipient: String,
    /// What it is about.
    pub subject: String,
}

/// Arguments of `discard_draft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardDraft {
    /// Which.
    pub note_id: NoteId,
}
