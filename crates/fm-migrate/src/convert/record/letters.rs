//! Letters that left the clinic, as they were written.
//!
//! They only grow, and none replaces another: what somebody has been sent is not unsent when FileMaker is edited.

use wattle_domain::LetterId;
use wattle_domain::entities::Letter;

use super::authors::Authors;
use super::{Base, Convert, names_any, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::error::Error;
use crate::mapping::{Cells, Mapping, TableMapping};
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] =
    &["key", "patient", "author", "written_at", "date", "time", "recipient", "address", "subject", "body"];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "recipient", "body"];

/// A letter without a day is none.
pub(super) fn check(mapping: &Mapping, mapped: &TableMapping) -> Result<(), Error> {
    if names_any(mapped, &["written_at", "date"]) {
        return Ok(());
    }
    Err(mapping.wrong("[letters]: \"written_at\" or \"date\" must be mapped."))
}

pub(super) struct Letters<'a> {
    base: Base<'a>,
    forms: [DateForms; 2],
    authors: Authors,
}

impl<'a> Letters<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "written_at", "date");
        Self { base, forms, authors: Authors::default() }
    }
}

impl Convert for Letters<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let Self { base, forms, authors } = self;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let written_at = base.at(cells, ("written_at", "date", "time"), forms, &mut notes)?;
        let body = cells.text("body").ok_or_else(|| base.refuse("body", Code::RequiredEmpty))?;
        // What a letter says is worth keeping also where nobody wrote down to whom it went, or about what.
        let recipient = recipient(cells).unwrap_or_else(|| {
            notes.add(Code::RequiredEmpty, "recipient");
            "Recipient not recorded".into()
        });
        let subject = cells.text("subject").unwrap_or_else(|| {
            if base.bound.place("subject").is_some() {
                notes.add(Code::RequiredEmpty, "subject");
            }
            "Subject not recorded".into()
        });
        let letter = Letter {
            id: LetterId(begun.id),
            patient_id: begun.patient,
            // FileMaker has no address book of ours: the name and the address on the letter say to whom.
            provider_id: None,
            recipient,
            subject: subject.replace('\n', " "),
            body,
            author_id: authors.of(base, cells, &mut notes),
            written_at,
            document_id: None,
        };
        let rows = vec![TargetRow::new(begun.id, &letter)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }

    fn beside(&self) -> Vec<TargetRow> {
        self.authors.rows()
    }
}

/// Name and address, a line each.
fn recipient(cells: Cells<'_>) -> Option<String> {
    let parts: Vec<String> = ["recipient", "address"].into_iter().filter_map(|f| cells.text(f)).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}
