//! What was written at consultations, as notes that somebody signed in FileMaker.

use wattle_domain::NoteId;
use wattle_domain::entities::ClinicalNote;
use wattle_domain::fields::NoteKind;

use super::authors::Authors;
use super::{Base, Convert, names_any, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::error::Error;
use crate::mapping::{Cells, Mapping, TableMapping};
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] = &[
    "key",
    "patient",
    "author",
    "appointment",
    "signed_at",
    "date",
    "time",
    "body",
    "reason",
    "history",
    "examination",
    "diagnosis",
    "plan",
];
pub(super) const REQUIRED: &[&str] = &["key", "patient"];

/// Parts that many files keep in fields of their own, and their headings here.
const PARTS: &[(&str, &str)] = &[
    ("reason", "Reason for visit"),
    ("history", "History"),
    ("examination", "Examination"),
    ("diagnosis", "Diagnosis"),
    ("plan", "Plan"),
];

/// A note without words or without a day is none.
pub(super) fn check(mapping: &Mapping, mapped: &TableMapping) -> Result<(), Error> {
    if !names_any(mapped, &["body", "reason", "history", "examination", "diagnosis", "plan"]) {
        return Err(mapping.wrong("[notes]: \"body\" or one of its parts must be mapped."));
    }
    if !names_any(mapped, &["signed_at", "date"]) {
        return Err(mapping.wrong("[notes]: \"signed_at\" or \"date\" must be mapped."));
    }
    Ok(())
}

pub(super) struct ClinicalNotes<'a> {
    base: Base<'a>,
    forms: [DateForms; 2],
    authors: Authors,
}

impl<'a> ClinicalNotes<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "signed_at", "date");
        Self { base, forms, authors: Authors::default() }
    }
}

impl Convert for ClinicalNotes<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let Self { base, forms, authors } = self;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let signed_at = base.at(cells, ("signed_at", "date", "time"), forms, &mut notes)?;
        let field = if base.bound.place("body").is_some() { "body" } else { "reason" };
        let body = body(cells).ok_or_else(|| base.refuse(field, Code::RequiredEmpty))?;
        let author_id = authors.of(base, cells, &mut notes);
        let note = ClinicalNote {
            id: NoteId(begun.id),
            patient_id: begun.patient,
            appointment_id: base.appointment(cells, &mut notes),
            kind: NoteKind::Note,
            body,
            author_id,
            signed_at,
            supersedes: None,
            amends: None,
        };
        let rows = vec![TargetRow::new(begun.id, &note)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }

    fn beside(&self) -> Vec<TargetRow> {
        self.authors.rows()
    }
}

/// The words, parts under their headings.
fn body(cells: Cells<'_>) -> Option<String> {
    let mut parts: Vec<String> = cells.text("body").into_iter().collect();
    for (field, heading) in PARTS {
        parts.extend(cells.text(field).map(|text| format!("# {heading}\n{text}")));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
