//! `action_result`: somebody has acted on a result; it leaves the inbox. Once only: whoever comes second is told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::record_entry::{LINE_CHARS, NAME_CHARS, maybe, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::{InboxItem, Recall};
use crate::fields::{RecallStatus, ResultAction};
use crate::ids::{InboxItemId, PatientId, RecallId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// The recall that a result is a reason for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallFrom {
    /// The id it gets.
    pub recall_id: RecallId,
    /// From which day on.
    pub due_on: ClinicDate,
    /// What for; the desk reads it.
    pub reason: String,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionResult {
    /// Of which result.
    pub item_id: InboxItemId,
    /// About whom.
    pub patient_id: PatientId,
    /// What.
    pub action: ResultAction,
    /// A word about it; needed when nothing was to be done about something out of the ordinary.
    #[serde(default)]
    pub note: Option<String>,
    /// With [`ResultAction::Recall`]: when to ask the patient back, and why.
    #[serde(default)]
    pub recall: Option<RecallFrom>,
}

impl Verb for ActionResult {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let recall = self.recall.iter().map(|recall| Read::Row(TableName::Recall, recall.recall_id.0));
        std::iter::once(Read::Row(TableName::InboxItem, self.item_id.0)).chain(recall).collect()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        let found =
            world.get::<InboxItem>(self.item_id)?.filter(|(item, _)| item.patient_id == self.patient_id);
        let Some((item, row)) = found else { return Err(Rejection::new(RejectionCode::NotFound)) };
        if item.action.is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyResolved));
        }
        let note = maybe("note", self.note.as_deref(), LINE_CHARS)?;
        if note.is_none() && item.abnormal && self.action == ResultAction::NoAction {
            return Err(Rejection::invalid("note"));
        }
        if self.recall.is_some() != (self.action == ResultAction::Recall) {
            return Err(Rejection::invalid("recall"));
        }
        let set: Fields = [
            ("action".to_owned(), json!(self.action)),
            ("action_note".to_owned(), json!(note)),
            ("actioned_by".to_owned(), json!(context.author)),
            ("actioned_at".to_owned(), json!(context.issued_at)),
        ]
        .into_iter()
        .collect();
        let mut changes = vec![RowChange::update(TableName::InboxItem, row, set)];
        if let Some(recall) = &self.recall {
            if world.row(TableName::Recall, recall.recall_id).is_some() {
                return Err(Rejection::new(RejectionCode::AlreadyExists));
            }
            let recall = Recall {
                id: recall.recall_id,
                patient_id: self.patient_id,
                practitioner_id: item.practitioner_id,
                due_on: recall.due_on,
                reason: needed("reason", &recall.reason, NAME_CHARS)?,
                comment: None,
                status: RecallStatus::Due,
                field_changes: Map::new(),
            };
            changes.push(RowChange::insert(recall.id, &recall));
        }
        Ok(Decision::applied(changes))
    }
}
