//! `add_document`: a document of a patient. Its bytes travel apart: the row may be at the server before them.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::record_entry::{self, NAME_CHARS, check_new, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::{DeskDocument, Document};
use crate::fields::{DocumentKind, DocumentSource, DocumentStatus};
use crate::ids::{DocumentId, PatientId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// The largest document, bytes: about 200 pages scanned in colour.
pub const LARGEST_DOCUMENT_BYTES: i64 = 100 << 20;
/// The longest type, bytes.
const MIME_BYTES: usize = 100;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDocument {
    /// The id it gets.
    pub document_id: DocumentId,
    /// Whose.
    pub patient_id: PatientId,
    /// What it is.
    pub kind: DocumentKind,
    /// What people call it.
    pub title: String,
    /// How it came in.
    pub source: DocumentSource,
    /// What its first bytes say it is.
    pub mime: String,
    /// Of the original.
    pub size_bytes: i64,
    /// Of the original: 64 hex digits, lower case.
    pub sha256: String,
}

impl Verb for AddDocument {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, self.kind.table(), self.document_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        may_write(context, self.kind.table())?;
        check_new(world, self.patient_id, self.kind.table(), self.document_id.0)?;
        if !(1..=LARGEST_DOCUMENT_BYTES).contains(&self.size_bytes) {
            return Err(Rejection::invalid("size_bytes"));
        }
        let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if self.sha256.len() != 64 || !is_hex(&self.sha256) {
            return Err(Rejection::invalid("sha256"));
        }
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/.+-".contains(c);
        if self.mime.is_empty() || self.mime.len() > MIME_BYTES || !self.mime.chars().all(is_plain) {
            return Err(Rejection::invalid("mime"));
        }
        Ok(Decision::applied(vec![self.row(context)?]))
    }
}

impl AddDocument {
    fn row(&self, context: &Context) -> Result<RowChange, Rejection> {
        let document = Document {
            id: self.document_id,
            patient_id: self.patient_id,
            kind: self.kind,
            title: needed("title", &self.title, NAME_CHARS)?,
            source: self.source,
            mime: self.mime.clone(),
            size_bytes: self.size_bytes,
            sha256: self.sha256.clone(),
            captured_at: context.issued_at,
            workstation_id: context.workstation,
            status: DocumentStatus::Current,
            stored_at: None,
            lost_at: None,
            field_changes: Map::new(),
        };
        let mut change = RowChange::insert(self.document_id, &document);
        change.table = self.kind.table();
        Ok(change)
    }
}

/// Documents of the record are for those who may write it.
pub(super) fn may_write(context: &Context, table: TableName) -> Result<(), Rejection> {
    let needed = match table {
        TableName::Document => (Noun::ClinicalRecord, Action::Write),
        _ => AddDocument::GRANT,
    };
    if context.roles.iter().any(|role| role.may(needed)) {
        Ok(())
    } else {
        Err(Rejection::new(RejectionCode::NotAllowed))
    }
}

/// The two tables are one shape: a row of either reads as the other.
const _: () = assert!(
    <Document as crate::table::Entity>::TABLE.columns.len()
        == <DeskDocument as crate::table::Entity>::TABLE.columns.len()
);
