//! `record_recall`: ask a patient back.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::record_entry::{self, NAME_CHARS, check_new, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Recall;
use crate::fields::RecallStatus;
use crate::ids::{PatientId, PractitionerId, RecallId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// A recall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRecall {
    /// The id it gets.
    pub recall_id: RecallId,
    /// Whom.
    pub patient_id: PatientId,
    /// To whom.
    #[serde(default)]
    pub practitioner_id: Option<PractitionerId>,
    /// From which day on.
    pub due_on: ClinicDate,
    /// What for; the desk reads it.
    pub reason: String,
}

impl Verb for RecordRecall {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::Recall, self.recall_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Recall, self.recall_id.0)?;
        let recall = Recall {
            id: self.recall_id,
            patient_id: self.patient_id,
            practitioner_id: self.practitioner_id,
            due_on: self.due_on,
            reason: needed("reason", &self.reason, NAME_CHARS)?,
            comment: None,
            status: RecallStatus::Due,
            field_changes: Map::new(),
        };
        Ok(Decision::applied(vec![RowChange::insert(self.recall_id, &recall)]))
    }
}
