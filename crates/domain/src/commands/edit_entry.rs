//! `edit_entry`: some fields of a patient's allergies, problems and medicines, each with the value that the author saw.

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

/// Tables whose fields this verb may edit.
const EDITABLE: [TableName; 3] = [TableName::Allergy, TableName::Condition, TableName::Medication];
/// Columns of them that it may not: another substance is another allergy.
const FIXED: [&str; 6] = ["patient_id", "kind", "code", "substance", "text", "field_changes"];

/// An edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditEntry {
    /// Whose.
    pub patient_id: PatientId,
    /// Fields that change.
    pub edits: Vec<FieldEdit>,
}

impl Verb for EditEntry {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

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
        let edits = FieldEdits {
            patient_id: Some(self.patient_id),
            edits: &self.edits,
            tables: &EDITABLE,
            fixed: &FIXED,
        };
        Ok(edits.decide(context, world)?.whole())
    }
}
