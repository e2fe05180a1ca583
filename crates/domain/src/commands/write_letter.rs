//! `write_letter`: a letter about a patient. What has left the house never changes.

use serde::{Deserialize, Serialize};

use super::record_entry::{LINE_CHARS, NAME_CHARS, check_new, needed};
use super::{LONGEST_NOTE_BYTES, record_entry};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Letter;
use crate::ids::{DocumentId, LetterId, PatientId, ProviderId};
use crate::letter;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteLetter {
    /// The id it gets.
    pub letter_id: LetterId,
    /// About whom.
    pub patient_id: PatientId,
    /// To whom, when they are in the address book.
    #[serde(default)]
    pub provider_id: Option<ProviderId>,
    /// Name and address, a line each.
    pub recipient: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// The document that it becomes.
    #[serde(default)]
    pub document_id: Option<DocumentId>,
}

impl Verb for WriteLetter {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::Letter, self.letter_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Letter, self.letter_id.0)?;
        let body = self.body.trim();
        if body.is_empty() || body.len() > LONGEST_NOTE_BYTES {
            return Err(Rejection::invalid("body"));
        }
        if let Some(part) = letter::open_part(&self.recipient, &self.subject, body) {
            return Err(Rejection::invalid(part));
        }
        let letter = Letter {
            id: self.letter_id,
            patient_id: self.patient_id,
            provider_id: self.provider_id,
            recipient: needed("recipient", &self.recipient, LINE_CHARS)?,
            subject: needed("subject", &self.subject, NAME_CHARS)?,
            body: body.to_owned(),
            author_id: context.author,
            written_at: context.issued_at,
            document_id: self.document_id,
        };
        Ok(Decision::applied(vec![RowChange::insert(self.letter_id, &letter)]))
    }
}
