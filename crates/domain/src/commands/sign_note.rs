//! `sign_note`: a note, an addendum, or a note that replaces an earlier one. What is signed never changes.

use serde::{Deserialize, Serialize};

use super::record_entry;
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::ClinicalNote;
use crate::fields::NoteKind;
use crate::ids::{AppointmentId, NoteId, PatientId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// The longest note, bytes; about ten pages.
pub const LONGEST_NOTE_BYTES: usize = 48 * 1024;

/// A signed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignNote {
    /// The id it gets; its draft had it already.
    pub note_id: NoteId,
    /// About whom.
    pub patient_id: PatientId,
    /// Of which consultation.
    #[serde(default)]
    pub appointment_id: Option<AppointmentId>,
    /// What it says.
    pub body: String,
    /// The note that it replaces.
    #[serde(default)]
    pub supersedes: Option<NoteId>,
    /// The note that it is an addendum of.
    #[serde(default)]
    pub amends: Option<NoteId>,
}

impl Verb for SignNote {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    /// Not the appointment: what waits for a booking that is refused goes with it, and a note must not.
    fn reads(&self) -> Vec<Read> {
        let mut reads = record_entry::reads(self.patient_id, TableName::ClinicalNote, self.note_id.0);
        let others = [self.supersedes, self.amends].into_iter().flatten();
        reads.extend(others.map(|id| Read::Row(TableName::ClinicalNote, id.0)));
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        record_entry::check_new(world, self.patient_id, TableName::ClinicalNote, self.note_id.0)?;
        let body = self.body.trim();
        if body.is_empty() || body.len() > LONGEST_NOTE_BYTES {
            return Err(Rejection::invalid("body"));
        }
        if self.supersedes.is_some() && self.amends.is_some() {
            return Err(Rejection::invalid("amends"));
        }
        for earlier in [self.supersedes, self.amends].into_iter().flatten() {
            let found = world.get::<ClinicalNote>(earlier)?.map(|(note, _)| note);
            let Some(note) = found.filter(|note| note.patient_id == self.patient_id) else {
                return Err(Rejection::new(RejectionCode::NotFound));
            };
            if self.supersedes.is_some() && note.author_id != context.author {
                return Err(Rejection::new(RejectionCode::NotTheAuthor));
            }
        }
        let note = ClinicalNote {
            id: self.note_id,
            patient_id: self.patient_id,
            appointment_id: self.appointment_id,
            kind: if self.amends.is_some() { NoteKind::Addendum } else { NoteKind::Note },
            body: body.to_owned(),
            author_id: context.author,
            signed_at: context.issued_at,
            supersedes: self.supersedes,
            amends: self.amends,
        };
        Ok(Decision::applied(vec![RowChange::insert(self.note_id, &note)]))
    }
}
