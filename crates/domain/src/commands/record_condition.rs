//! `record_condition`: a problem of a patient.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::record_entry::{self, LINE_CHARS, NAME_CHARS, check_new, maybe, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Condition;
use crate::fields::EntryStatus;
use crate::ids::{ConditionId, PatientId};
use crate::problem;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordCondition {
    /// The id it gets.
    pub condition_id: ConditionId,
    /// Whose.
    pub patient_id: PatientId,
    /// Its code, when it is one of the list.
    #[serde(default)]
    pub code: Option<String>,
    /// What it is.
    pub text: String,
    /// A word about it.
    #[serde(default)]
    pub comment: Option<String>,
    /// Since when.
    #[serde(default)]
    pub onset_on: Option<ClinicDate>,
}

impl Verb for RecordCondition {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::Condition, self.condition_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Condition, self.condition_id.0)?;
        if self.code.as_deref().is_some_and(|code| problem::name(code).is_none()) {
            return Err(Rejection::invalid("code"));
        }
        let condition = Condition {
            id: self.condition_id,
            patient_id: self.patient_id,
            code: self.code.clone(),
            text: needed("text", &self.text, NAME_CHARS)?,
            comment: maybe("comment", self.comment.as_deref(), LINE_CHARS)?,
            onset_on: self.onset_on,
            ended_on: None,
            status: EntryStatus::Active,
            field_changes: Map::new(),
        };
        Ok(Decision::applied(vec![RowChange::insert(self.condition_id, &condition)]))
    }
}
