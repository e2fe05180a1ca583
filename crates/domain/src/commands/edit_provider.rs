//! `edit_provider`: some fields of the address book, each with the value that the author saw.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record_entry::LINE_CHARS;
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
pub struct EditProvider {
    /// Fields that change.
    pub edits: Vec<FieldEdit>,
}

impl Verb for EditProvider {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        self.edits.iter().map(|e| Read::Row(e.table, e.row_id)).collect()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        if self.edits.is_empty() {
            return Err(Rejection::new(RejectionCode::Invalid));
        }
        for edit in &self.edits {
            let text = edit.now.as_str().unwrap_or_default();
            let nameless = edit.field == "name" && text.trim().is_empty();
            if nameless || matches!(&edit.now, Value::String(text) if text.chars().count() > LINE_CHARS) {
                return Err(Rejection::invalid(&edit.field));
            }
        }
        let tables = [TableName::ExternalProvider];
        let edits =
            FieldEdits { patient_id: None, edits: &self.edits, tables: &tables, fixed: &["field_changes"] };
        Ok(edits.decide(context, world)?.whole())
    }
}
