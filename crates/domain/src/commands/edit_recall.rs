//! `edit_recall`: some fields of a patient's recalls, each with the value that the author saw.

use serde::{Deserialize, Serialize};

use super::record_entry::check_text;
use crate::command::Verb;
use crate::commands::FieldEdit;
use crate::commands::field_edits::FieldEdits;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::table::TableName;
use crate::world::{Read, World};

/// An edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditRecall {
    /// Whose.
    pub patient_id: PatientId,
    /// Fields that change.
    pub edits: Vec<FieldEdit>,
}

impl Verb for EditRecall {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        self.edits.iter().map(|e| Read::Row(e.table, e.row_id)).collect()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        if self.edits.is_empty() {
            return Err(Rejection::new(RejectionCode::Invalid));
        }
        for edit in &self.edits {
            check_text(&edit.field, &edit.now)?;
        }
        let fixed = ["patient_id", "field_changes"];
        let tables = [TableName::Recall];
        let edits = FieldEdits {
            patient_id: Some(self.patient_id),
            edits: &self.edits,
            tables: &tables,
            fixed: &fixed,
        };
        Ok(edits.decide(context, world)?.whole())
    }
}
