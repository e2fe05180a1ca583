//! The log that the old system kept of itself.
//!
//! A log is read because a record is not what it was, so an entry outlives a patient who is gone. It is never rewritten here: what
//! can still be mended (a patient who is rejected, a word that nobody has translated) keeps it out until it is. What fields held
//! before and after stays in staging.

use wattle_domain::PatientId;
use wattle_domain::entities::FormerEvent;
use wattle_domain::fields::FormerAct;

use super::authors::Authors;
use super::{Base, Convert, names_any, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed, key_of, reference};
use crate::error::Error;
use crate::mapping::{Cells, Mapping, TableMapping};
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] =
    &["key", "patient", "author", "at", "date", "time", "action", "place", "record", "field"];
pub(super) const REQUIRED: &[&str] = &["key", "action"];

/// The longest name of a field, characters: FileMaker allows no longer one. What is longer is no name but what stood in a field.
const LONGEST_NAME: usize = 100;

/// An entry without a day is none.
pub(super) fn check(mapping: &Mapping, mapped: &TableMapping) -> Result<(), Error> {
    if names_any(mapped, &["at", "date"]) {
        return Ok(());
    }
    Err(mapping.wrong("[log]: \"at\" or \"date\" must be mapped."))
}

pub(super) struct Log<'a> {
    base: Base<'a>,
    forms: [DateForms; 2],
    authors: Authors,
}

impl<'a> Log<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "at", "date");
        Self { base, forms, authors: Authors::default() }
    }
}

impl Convert for Log<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let Self { base, forms, authors } = self;
        let mut notes = Notes::new(&base.bound);
        let key = key_of(&base.bound, base.census, row)?;
        let cells = base.bound.cells(row);
        let at = base.at(cells, ("at", "date", "time"), forms, &mut notes)?;
        let patient = match reference(cells, "patient", base.around.patients, &mut notes) {
            Err(Code::ParentRejected) => return Err(base.refuse("patient", Code::ParentRejected)),
            found => notes.optional("patient", found.transpose()),
        };
        let action = cells.raw("action").map_or(Ok(FormerAct::Other), |theirs| {
            let ours = base.bound.word("action", theirs).and_then(|word| word.parse().ok());
            ours.ok_or_else(|| base.refuse("action", Code::ValueUnknown))
        })?;
        let id = base.around.namespace.record(base.table, &key);
        let event = FormerEvent {
            id,
            at,
            user_id: authors.of(base, cells, &mut notes),
            action,
            patient_id: patient.map(PatientId),
            place: name(cells, "place", &mut notes),
            record: name(cells, "record", &mut notes),
            field: name(cells, "field", &mut notes),
        };
        Ok(Typed { key, rows: vec![TargetRow::new(id, &event)], notes: notes.list })
    }

    fn beside(&self) -> Vec<TargetRow> {
        self.authors.rows()
    }
}

/// What something is called. Several lines, or many words, are what stood in a field, and are left out.
fn name(cells: Cells<'_>, field: &'static str, notes: &mut Notes<'_>) -> Option<String> {
    let text = cells.text(field)?;
    if text.contains('\n') || text.chars().count() > LONGEST_NAME {
        notes.add(Code::ValueUnknown, field);
        return None;
    }
    Some(text)
}
