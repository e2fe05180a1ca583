//! Medicines, present and past.

use wattle_domain::MedicationId;
use wattle_domain::entities::Medication;
use wattle_domain::fields::EntryStatus;

use super::{Base, Convert, substance_code};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::mapping::Cells;
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::{DateForms, number};

pub(super) const FIELDS: &[&str] = &[
    "key",
    "patient",
    "text",
    "directions",
    "quantity",
    "repeats",
    "reason",
    "started_on",
    "ended_on",
    "status",
];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "text"];

pub(super) struct Medicines<'a> {
    base: Base<'a>,
    starts: DateForms,
    ends: DateForms,
}

impl<'a> Medicines<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let (starts, ends) = (base.bound.forms("started_on"), base.bound.forms("ended_on"));
        Self { base, starts, ends }
    }
}

impl Convert for Medicines<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let text = cells.text("text").ok_or_else(|| base.refuse("text", Code::RequiredEmpty))?;
        let quantity = whole(cells, "quantity", 1, &mut notes);
        let repeats = whole(cells, "repeats", 0, &mut notes);
        let started_on = base.day(cells, "started_on", &self.starts, &mut notes);
        let ended_on = base.day(cells, "ended_on", &self.ends, &mut notes);
        let ended = if ended_on.is_some() { EntryStatus::Inactive } else { EntryStatus::Active };
        let status = base.word(cells, "status", &mut notes).unwrap_or(ended);
        let medicine = Medication {
            id: MedicationId(begun.id),
            patient_id: begun.patient,
            code: substance_code(&text),
            text,
            directions: cells.text("directions"),
            quantity,
            repeats,
            reason: cells.text("reason"),
            started_on,
            ended_on,
            allergy_override: None,
            status,
            field_changes: serde_json::Map::new(),
        };
        let rows = vec![TargetRow::new(begun.id, &medicine)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}

/// A whole number of at least `least`; `2 x 30` is none, is noted and stays in staging.
fn whole(cells: Cells<'_>, field: &'static str, least: i64, notes: &mut Notes<'_>) -> Option<i64> {
    let number = cells.raw(field).map(|text| {
        number::integer(text).and_then(|n| if n >= least { Ok(n) } else { Err(Code::ValueRange) })
    });
    notes.optional(field, number)
}
