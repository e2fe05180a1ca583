//! `record_result`: a result has come in, and waits for somebody to act on it.

use serde::{Deserialize, Serialize};

use super::record_entry::{LINE_CHARS, NAME_CHARS, check_new, maybe, needed};
use super::{LONGEST_NOTE_BYTES, record_entry};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::InboxItem;
use crate::ids::{DocumentId, InboxItemId, PatientId, PractitionerId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// A result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordResult {
    /// The id it gets.
    pub item_id: InboxItemId,
    /// About whom.
    pub patient_id: PatientId,
    /// Who asked for it.
    #[serde(default)]
    pub practitioner_id: Option<PractitionerId>,
    /// What it is.
    pub title: String,
    /// Who sent it.
    #[serde(default)]
    pub source: Option<String>,
    /// What it says, when it came as text.
    #[serde(default)]
    pub text: Option<String>,
    /// The scan or file.
    #[serde(default)]
    pub document_id: Option<DocumentId>,
    /// Something in it is out of the ordinary.
    #[serde(default)]
    pub abnormal: bool,
}

impl Verb for RecordResult {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::InboxItem, self.item_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::InboxItem, self.item_id.0)?;
        let text = self.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.len() > LONGEST_NOTE_BYTES) {
            return Err(Rejection::invalid("text"));
        }
        let item = InboxItem {
            id: self.item_id,
            patient_id: self.patient_id,
            practitioner_id: self.practitioner_id,
            title: needed("title", &self.title, NAME_CHARS)?,
            source: maybe("source", self.source.as_deref(), LINE_CHARS)?,
            text: text.map(str::to_owned),
            document_id: self.document_id,
            abnormal: self.abnormal,
            received_at: context.issued_at,
            action: None,
            action_note: None,
            actioned_by: None,
            actioned_at: None,
        };
        Ok(Decision::applied(vec![RowChange::insert(self.item_id, &item)]))
    }
}
