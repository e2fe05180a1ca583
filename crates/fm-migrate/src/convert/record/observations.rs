//! Measured values, one a record.

use wattle_domain::ObservationId;
use wattle_domain::entities::Observation;
use wattle_domain::fields::ObservationCode;
use wattle_domain::measure::{self, BadMeasure};

use super::{Base, Convert, stamp_forms};
use crate::convert::{Notes, Outcome, TargetRow, Typed};
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::{DateForms, number};

pub(super) const FIELDS: &[&str] =
    &["key", "patient", "appointment", "kind", "value", "second", "taken_at", "date", "time", "comment"];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "kind", "value"];

pub(super) struct Observations<'a> {
    base: Base<'a>,
    forms: [DateForms; 2],
}

impl<'a> Observations<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let forms = stamp_forms(&base.bound, "taken_at", "date");
        Self { base, forms }
    }
}

impl Convert for Observations<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let theirs = cells.raw("kind").ok_or_else(|| base.refuse("kind", Code::RequiredEmpty))?;
        let code = base.bound.word("kind", theirs).and_then(|word| word.parse::<ObservationCode>().ok());
        let code = code.ok_or_else(|| base.refuse("kind", Code::ValueUnknown))?;
        let first = cells.raw("value").ok_or_else(|| base.refuse("value", Code::RequiredEmpty))?;
        // Many files keep the diastolic value in a field of its own.
        let typed = match cells.raw("second") {
            Some(second) => format!("{first}/{second}"),
            None => first.to_owned(),
        };
        let read = number::thousandths(&typed).and_then(|plain| {
            measure::parse(code, &plain).map_err(|bad| match bad {
                BadMeasure::NotANumber => Code::NumText,
                BadMeasure::OutOfRange | BadMeasure::Reversed => Code::ValueRange,
            })
        });
        let (value, second) = read.map_err(|code| base.refuse("value", code))?;
        let effective_at = base.at(cells, ("taken_at", "date", "time"), &self.forms, &mut notes)?;
        let observation = Observation {
            id: ObservationId(begun.id),
            patient_id: begun.patient,
            appointment_id: base.appointment(cells, &mut notes),
            code,
            value_milli: Some(value),
            second_milli: second,
            unit: code.measure().unit.to_owned(),
            effective_at,
            comment: cells.text("comment"),
            supersedes: None,
        };
        let rows = vec![TargetRow::new(begun.id, &observation)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}
