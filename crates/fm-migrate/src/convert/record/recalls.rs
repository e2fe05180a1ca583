//! Whom to ask back, and when.
//!
//! In doubt a recall stays due: somebody who is asked once too often loses a minute, somebody who is never asked may lose more.

use wattle_domain::entities::Recall;
use wattle_domain::fields::RecallStatus;
use wattle_domain::{ClinicDate, PractitionerId, RecallId};

use super::{Base, Convert};
use crate::convert::{Notes, Outcome, TargetRow, Typed, reference};
use crate::mapping::Cells;
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::{Century, DateForms};

pub(super) const FIELDS: &[&str] =
    &["key", "patient", "practitioner", "due_on", "reason", "comment", "status", "done_on"];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "due_on", "reason"];

pub(super) struct Recalls<'a> {
    base: Base<'a>,
    due: DateForms,
    done: DateForms,
}

impl<'a> Recalls<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let (due, done) = (base.bound.forms("due_on"), base.bound.forms("done_on"));
        Self { base, due, done }
    }
}

impl Convert for Recalls<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let due = cells.raw("due_on").ok_or_else(|| base.refuse("due_on", Code::RequiredEmpty))?;
        let due_on = self.due.read(due, base.exported_on, Century::Near);
        let due_on = due_on.map_err(|code| base.refuse("due_on", code))?;
        let reason = cells.text("reason").ok_or_else(|| base.refuse("reason", Code::RequiredEmpty))?;
        let practitioner = reference(cells, "practitioner", base.around.practitioners, &mut notes);
        let practitioner = notes.optional("practitioner", practitioner.transpose());
        let done =
            if is_done(base, cells, &self.done, &mut notes) { RecallStatus::Done } else { RecallStatus::Due };
        let recall = Recall {
            id: RecallId(begun.id),
            patient_id: begun.patient,
            practitioner_id: practitioner.map(PractitionerId),
            due_on: ClinicDate(due_on),
            reason,
            comment: cells.text("comment"),
            status: base.word(cells, "status", &mut notes).unwrap_or(done),
            field_changes: serde_json::Map::new(),
        };
        let rows = vec![TargetRow::new(begun.id, &recall)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}

/// Whether a day says that it was done. One that cannot be read says nothing, and one that is still to come is an intention.
fn is_done(base: &Base<'_>, cells: Cells<'_>, forms: &DateForms, notes: &mut Notes<'_>) -> bool {
    let Some(done_on) = base.day(cells, "done_on", forms, notes) else { return false };
    let past = done_on.0 <= base.exported_on;
    if !past {
        notes.add(Code::DateFuture, "done_on");
    }
    past
}
