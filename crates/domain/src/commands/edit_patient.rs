//! `edit_patient`: some fields of a patient and of what hangs on them, each with the value that the author saw.
//!
//! Per field: the later receipt at the server wins, and a conflict row keeps both values (sync.md, demographics).

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::commands::field_edits::FieldEdits;
use crate::commands::{FieldEdit, PatientParts};
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::table::TableName;
use crate::world::{Read, World};

/// Tables whose fields this verb may edit.
const EDITABLE: [TableName; 4] =
    [TableName::Patient, TableName::PatientContact, TableName::PatientIdentifier, TableName::Address];
/// Columns of them that it may not.
const FIXED: [&str; 7] =
    ["record_number", "patient_id", "merged_into", "field_changes", "check_failed", "kind", "deceased_on"];

/// An edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditPatient {
    /// Whose.
    pub patient_id: PatientId,
    /// Fields that change.
    #[serde(default)]
    pub edits: Vec<FieldEdit>,
    /// Rows that are added.
    #[serde(default)]
    pub parts: PatientParts,
}

impl Verb for EditPatient {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let mut reads = vec![Read::Row(TableName::Patient, self.patient_id.0)];
        reads.extend(self.edits.iter().map(|e| Read::Row(e.table, e.row_id)));
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Patient, self.patient_id).is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        let edits = FieldEdits {
            patient_id: Some(self.patient_id),
            edits: &self.edits,
            tables: &EDITABLE,
            fixed: &FIXED,
        };
        let mut decided = edits.decide(context, world)?;
        decided.changes.extend(self.parts.inserts(self.patient_id));
        Ok(decided.whole())
    }
}
