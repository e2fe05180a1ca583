//! `edit_document`: another title for a document, or its withdrawal, each with the value that the author saw. The bytes of a
//! document are never changed; another kind is another document.

use serde::{Deserialize, Serialize};

use super::add_document::{AddDocument, may_write};
use super::field_edits::{FieldEdit, FieldEdits};
use super::record_entry::{NAME_CHARS, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::Grant;
use crate::table::{Entity as _, TableName};
use crate::world::{Read, World};

/// Tables whose fields this verb may edit.
const EDITABLE: [TableName; 2] = [TableName::Document, TableName::DeskDocument];
/// Columns of them that it may.
const OPEN: [&str; 2] = ["title", "status"];

/// An edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditDocument {
    /// Whose.
    pub patient_id: PatientId,
    /// Fields that change.
    pub edits: Vec<FieldEdit>,
}

impl Verb for EditDocument {
    const GRANT: Grant = AddDocument::GRANT;

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
            may_write(context, edit.table)?;
            if edit.field == "title" {
                needed("title", edit.now.as_str().unwrap_or_default(), NAME_CHARS)?;
            }
        }
        let columns = crate::entities::Document::TABLE.columns.iter().map(|column| column.name);
        let fixed: Vec<&str> = columns.filter(|name| !OPEN.contains(name)).collect();
        let edits = FieldEdits {
            patient_id: Some(self.patient_id),
            edits: &self.edits,
            tables: &EDITABLE,
            fixed: &fixed,
        };
        Ok(edits.decide(context, world)?.whole())
    }
}
