//! Documents: what a record says of its files, with what became of their bytes.
//!
//! A file is only believed once its bytes are in the object storage: a record without one is rejected, with where it should be.

use uuid::Uuid;
use wattle_document::{Unfit, sniff_type};
use wattle_domain::entities::Document;
use wattle_domain::fields::{DocumentKind, DocumentSource, DocumentStatus};
use wattle_domain::{DocumentId, UtcInstant, WorkstationId};

use super::{Base, Convert, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::load::containers::{Container, State};
use crate::raw::RawRow;
use crate::reason::{Code, Reason};
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] = &[
    "key",
    "patient",
    "title",
    "kind",
    "captured_at",
    "date",
    "time",
    "name",
    "md5",
    "size",
    "storage",
    "reference",
];
pub(super) const REQUIRED: &[&str] = &["key", "patient"];

pub(super) struct Documents<'a> {
    base: Base<'a>,
    forms: [DateForms; 2],
    /// The field that holds the files, for reasons.
    field: String,
}

impl<'a> Documents<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "captured_at", "date");
        let field =
            base.around.mapping.documents.as_ref().and_then(|d| d.container.clone()).unwrap_or_default();
        Self { base, forms, field }
    }

    fn reason(&self, code: Code, path: Option<String>) -> Reason {
        Reason::new(code, &self.field).at(path)
    }
}

impl Convert for Documents<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let captured_at = base.at(cells, ("captured_at", "date", "time"), &self.forms, &mut notes)?;
        // What the mapping does not translate is clinical: the desk is not sent what nobody has looked at.
        let kind: DocumentKind = base.word(cells, "kind", &mut notes).unwrap_or(DocumentKind::Other);
        let files = base.around.containers.of(&begun.key);
        if files.is_empty() {
            return Err(self.reason(Code::ContainerNotCopied, None));
        }
        let (mut rows, mut said, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            match &file.state {
                State::Stored { document, stored_at } => {
                    let title = cells.text("title").or_else(|| file.name.clone());
                    let stored_at = UtcInstant(stored_at.timestamp_millis());
                    let entity = document_of(*document, file, stored_at);
                    let entity = Document {
                        patient_id: begun.patient,
                        kind,
                        title: title.unwrap_or_else(|| kind.as_str().to_owned()).replace('\n', " "),
                        captured_at,
                        ..entity
                    };
                    let mut target = TargetRow::new(*document, &entity);
                    target.table = kind.table();
                    rows.push(target);
                    if odd_name(file) {
                        said.push(self.reason(Code::ContainerType, None));
                    }
                }
                State::Same => said.push(self.reason(Code::SameContent, None)),
                State::Rejected { code, path } => bad.push(self.reason(*code, path.clone())),
                State::Empty => bad.push(self.reason(Code::ContainerEmpty, None)),
            }
        }
        if rows.is_empty() && !files.iter().any(|f| f.state == State::Same) {
            return Err(bad.into_iter().next().unwrap_or_else(|| self.reason(Code::ContainerEmpty, None)));
        }
        notes.list.extend(said.into_iter().chain(bad));
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}

/// What is known of a document by its bytes alone.
fn document_of(id: Uuid, file: &Container, stored_at: UtcInstant) -> Document {
    Document {
        id: DocumentId(id),
        patient_id: wattle_domain::PatientId(Uuid::nil()),
        kind: DocumentKind::Other,
        title: String::new(),
        source: DocumentSource::File,
        mime: file.mime.clone().unwrap_or_default(),
        size_bytes: file.size_bytes,
        sha256: file.sha256.clone(),
        captured_at: stored_at,
        // No workstation ever had them.
        workstation_id: WorkstationId(Uuid::nil()),
        status: DocumentStatus::Current,
        stored_at: Some(stored_at),
        lost_at: None,
        field_changes: serde_json::Map::new(),
    }
}

/// Whether the name promises another kind of file.
fn odd_name(file: &Container) -> bool {
    let (name, mime) = (file.name.as_deref().unwrap_or_default(), file.mime.as_deref().unwrap_or_default());
    sniff_type(name, mime) == Err(Unfit::Name)
}
