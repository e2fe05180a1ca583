//! Signed notes. Only grows: a note is amended by an addendum, or superseded by another.

use crate::fields::NoteKind;
use crate::ids::{AppointmentId, NoteId, PatientId, UserId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A signed text.
    ClinicalNote, id: NoteId, "clinical_note", Clinical, append_only {
        /// About whom.
        patient_id: PatientId,
        /// Of which consultation. Named, not looked up: a booking that the server refused takes no note with it.
        appointment_id: Option<AppointmentId>,
        /// Note or addendum.
        kind: NoteKind,
        /// Plain text; a line that begins with `#` is a heading, one with `- ` a line of a list.
        body: String => Sealed,
        /// Who signed.
        author_id: UserId,
        /// When, on the author's clock.
        signed_at: UtcInstant,
        /// The note that this one replaces; that one stays.
        supersedes: Option<NoteId>,
        /// The note that this addendum belongs to.
        amends: Option<NoteId>,
    }
}
