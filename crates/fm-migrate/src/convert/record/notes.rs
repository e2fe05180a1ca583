//! What was written at consultations, as notes that somebody signed in FileMaker.
//!
//! Their authors are no accounts of Wattle: nobody has signed anything here. Each gets a name of its own that says so, and no
//! account can be made of it.

use std::collections::BTreeMap;

use uuid::Uuid;
use wattle_domain::entities::{ClinicalNote, UserName};
use wattle_domain::fields::NoteKind;
use wattle_domain::{NoteId, UserId};

use super::{Base, Convert, names_any, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed, reference};
use crate::error::Error;
use crate::ids::child;
use crate::mapping::{Cells, Mapping, TableMapping};
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::{DateForms, text};

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
    authors: BTreeMap<Uuid, String>,
}

impl<'a> ClinicalNotes<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "signed_at", "date");
        Self { base, forms, authors: BTreeMap::new() }
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
        let (author, name) = author(base, cells, &mut notes);
        let note = ClinicalNote {
            id: NoteId(begun.id),
            patient_id: begun.patient,
            appointment_id: base.appointment(cells, &mut notes),
            kind: NoteKind::Note,
            body,
            author_id: UserId(author),
            signed_at,
            supersedes: None,
            amends: None,
        };
        authors.insert(author, name);
        let rows = vec![TargetRow::new(begun.id, &note)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }

    fn beside(&self) -> Vec<TargetRow> {
        let name = |(id, name): (&Uuid, &String)| {
            let author = UserName { id: UserId(*id), display_name: name.clone(), active: false };
            TargetRow::new(*id, &author)
        };
        self.authors.iter().map(name).collect()
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

/// Who wrote it, and how they are called here.
fn author(base: &Base<'_>, cells: Cells<'_>, notes: &mut Notes<'_>) -> (Uuid, String) {
    let named = |name: &str| format!("{name} (FileMaker)");
    let other = |who: &str| base.around.namespace.setup("author", &text::fold(who));
    match reference(cells, "author", base.around.practitioners, notes) {
        Ok(Some(practitioner)) => {
            let name = base.around.names.get(&practitioner).map_or("", String::as_str);
            (child(practitioner, "author"), named(name))
        }
        Ok(None) => {
            if base.bound.place("author").is_some() {
                notes.add(Code::RequiredEmpty, "author");
            }
            (other(""), named("Author not recorded"))
        }
        // Whoever it was is no practitioner of the export: what was typed is all that is known.
        Err(code) => {
            notes.add(code, "author");
            let typed = cells.text("author").unwrap_or_default();
            (other(&typed), named(&typed))
        }
    }
}
