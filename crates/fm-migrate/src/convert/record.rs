//! The tables of the record: notes, allergies, medicines, measured values, recalls, letters, the accounts, the log, documents.
//! Each record belongs to a patient (an entry of the log need not) and is converted by itself.
//!
//! Owns: what their converters have in common, and which converter is whose.

mod allergies;
mod authors;
mod documents;
mod invoice_items;
mod invoices;
mod ledger;
mod letters;
mod log;
mod medicines;
mod notes;
mod observations;
mod payments;
mod recalls;

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;
use wattle_domain::time::ClinicZone;
use wattle_domain::{AppointmentId, ClinicDate, PatientId, UtcInstant};

use super::{Census, Keys, Notes, Outcome, TargetRow, key_of, reference};
use crate::error::Error;
use crate::ids::{Namespace, SourceTable};
pub use crate::load::containers::Containers;
use crate::mapping::{Bound, Cells, Mapping, TableMapping};
use crate::raw::{RawColumn, RawRow};
use crate::reason::{Code, Reason};
use crate::typing::{Century, DateForms, number, text, time};
pub use authors::Beside;
pub use ledger::Ledger;

/// What the records of a patient's record are converted against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// Where ids come from.
    pub namespace: &'a Namespace,
    /// What became of the practitioners.
    pub practitioners: &'a Keys,
    /// How they are called.
    pub names: &'a HashMap<Uuid, String>,
    /// What became of the patients.
    pub patients: &'a Keys,
    /// The keys of the book.
    pub book: &'a Census,
    /// What became of the files of documents.
    pub containers: &'a Containers,
    /// What became of the bills, for what is on them and what was paid.
    pub ledger: &'a Ledger,
}

/// Converts the records of one table.
pub trait Convert: Send {
    /// The next record.
    ///
    /// # Errors
    /// The reason why it is rejected.
    fn convert(&mut self, row: &RawRow) -> Outcome;

    /// Rows that stand beside all of them, once they are all converted: people that only the records name.
    fn beside(&self) -> Vec<TargetRow> {
        Vec::new()
    }
}

/// Ties the mapping of a table of the record to the file's columns.
///
/// # Errors
/// See [`Bound::new`].
pub fn bind(mapping: &Mapping, table: SourceTable, columns: &[RawColumn]) -> Result<Bound, Error> {
    let mapped = mapping.table(table).ok_or_else(|| missing(mapping, table))?;
    let (fields, required) = match table {
        SourceTable::Allergies => (allergies::FIELDS, allergies::REQUIRED),
        SourceTable::Medicines => (medicines::FIELDS, medicines::REQUIRED),
        SourceTable::Observations => (observations::FIELDS, observations::REQUIRED),
        SourceTable::Recalls => (recalls::FIELDS, recalls::REQUIRED),
        SourceTable::Letters => (letters::FIELDS, letters::REQUIRED),
        SourceTable::Invoices => (invoices::FIELDS, invoices::REQUIRED),
        SourceTable::InvoiceItems => (invoice_items::FIELDS, invoice_items::REQUIRED),
        SourceTable::Payments => (payments::FIELDS, payments::REQUIRED),
        SourceTable::Log => (log::FIELDS, log::REQUIRED),
        SourceTable::Documents => (documents::FIELDS, documents::REQUIRED),
        _ => (notes::FIELDS, notes::REQUIRED),
    };
    let bound = Bound::new(mapping, mapped, columns, fields, required)?;
    match table {
        SourceTable::Notes => notes::check(mapping, mapped)?,
        SourceTable::Letters => letters::check(mapping, mapped)?,
        SourceTable::InvoiceItems => invoice_items::check(mapping)?,
        SourceTable::Payments => payments::check(mapping, mapped)?,
        SourceTable::Log => log::check(mapping, mapped)?,
        SourceTable::Documents => crate::containers::field(mapping, mapped).map(drop)?,
        _ => {}
    }
    Ok(bound)
}

fn missing(mapping: &Mapping, table: SourceTable) -> Error {
    mapping.wrong(format!("there is no [{}].", table.as_str()))
}

/// The converter of a table of the record.
#[must_use]
pub fn converter<'a>(
    table: SourceTable,
    bound: Bound,
    around: Surroundings<'a>,
    census: &'a Census,
) -> Box<dyn Convert + 'a> {
    let base = Base::new(table, bound, around, census);
    match table {
        SourceTable::Allergies => Box::new(allergies::Allergies::new(base)),
        SourceTable::Medicines => Box::new(medicines::Medicines::new(base)),
        SourceTable::Observations => Box::new(observations::Observations::new(base)),
        SourceTable::Recalls => Box::new(recalls::Recalls::new(base)),
        SourceTable::Letters => Box::new(letters::Letters::new(base)),
        SourceTable::Invoices => Box::new(invoices::Invoices::new(base)),
        SourceTable::InvoiceItems => Box::new(invoice_items::InvoiceItems::new(base)),
        SourceTable::Payments => Box::new(payments::Payments::new(base)),
        SourceTable::Log => Box::new(log::Log::new(base)),
        SourceTable::Documents => Box::new(documents::Documents::new(base)),
        _ => Box::new(notes::ClinicalNotes::new(base)),
    }
}

/// What every converter of the record needs.
struct Base<'a> {
    bound: Bound,
    table: SourceTable,
    around: Surroundings<'a>,
    census: &'a Census,
    zone: ClinicZone,
    exported_on: NaiveDate,
    /// The table is that of the patients themselves: a record that says nothing is no dirt.
    of_patients: bool,
}

/// A record that is somebody's.
struct Begun<'a> {
    key: String,
    id: Uuid,
    patient: PatientId,
    cells: Cells<'a>,
}

impl<'a> Base<'a> {
    fn new(table: SourceTable, bound: Bound, around: Surroundings<'a>, census: &'a Census) -> Self {
        let of_patients = bound.place("key").is_some() && bound.place("key") == bound.place("patient");
        let (zone, exported_on) = (around.mapping.clinic.time_zone, around.mapping.clinic.exported_on);
        Self { bound, table, around, census, zone, exported_on, of_patients }
    }

    /// Key and patient.
    fn begin<'r>(&'r self, row: &'r RawRow, notes: &mut Notes<'_>) -> Result<Begun<'r>, Reason> {
        let key = key_of(&self.bound, self.census, row)?;
        let cells = self.bound.cells(row);
        let found = reference(cells, "patient", self.around.patients, notes);
        let patient = found.map_err(|code| self.refuse("patient", code))?;
        let patient = patient.ok_or_else(|| self.refuse("patient", Code::RequiredEmpty))?;
        let id = self.around.namespace.record(self.table, &key);
        Ok(Begun { key, id, patient: PatientId(patient), cells })
    }

    fn refuse(&self, field: &str, code: Code) -> Reason {
        Reason::new(code, self.bound.column(field))
    }

    /// The consultation, as the record names it. It is not looked up: only whether the book has such a number at all.
    fn appointment(&self, cells: Cells<'_>, notes: &mut Notes<'_>) -> Option<AppointmentId> {
        let key = cells.text("appointment")?;
        if !self.around.book.has(&key) {
            notes.add(Code::Orphan, "appointment");
            return None;
        }
        Some(AppointmentId(self.around.namespace.record(SourceTable::Appointments, &key)))
    }

    /// When it was: a timestamp, or a date and a time of their own. A day without a time begins it.
    fn at(
        &self,
        cells: Cells<'_>,
        (stamp, date, clock): (&'static str, &'static str, &'static str),
        forms: &[DateForms; 2],
        notes: &mut Notes<'_>,
    ) -> Result<UtcInstant, Reason> {
        let [stamps, dates] = forms;
        let (field, local) = match (cells.raw(stamp), cells.raw(date)) {
            (Some(text), _) => (stamp, time::timestamp(text, stamps, self.exported_on)),
            (None, Some(text)) => {
                let day = dates.read(text, self.exported_on, Century::Near);
                let day = day.map_err(|code| self.refuse(date, code))?;
                let clock_time = cells.raw(clock).map_or(Ok(chrono::NaiveTime::MIN), time::time_of_day);
                (clock, clock_time.map(|clock| day.and_time(clock)))
            }
            (None, None) => {
                let field = if self.bound.place(stamp).is_some() { stamp } else { date };
                return Err(self.refuse(field, Code::RequiredEmpty));
            }
        };
        let local = local.map_err(|code| self.refuse(field, code))?;
        let (at, mark) = time::instant(self.zone, local);
        if let Some(code) = mark {
            notes.add(code, field);
        }
        Ok(at)
    }

    /// A day without which the record is none.
    fn known_day(
        &self,
        cells: Cells<'_>,
        field: &'static str,
        forms: &DateForms,
    ) -> Result<ClinicDate, Reason> {
        let text = cells.raw(field).ok_or_else(|| self.refuse(field, Code::RequiredEmpty))?;
        let day = forms.read(text, self.exported_on, Century::Near);
        day.map(ClinicDate).map_err(|code| self.refuse(field, code))
    }

    /// An amount of money, to the cent or not at all; `None` when the field is blank.
    fn cents(&self, cells: Cells<'_>, field: &'static str) -> Result<Option<i64>, Reason> {
        let read = cells.raw(field).map(number::cents).transpose();
        read.map_err(|code| self.refuse(field, code))
    }

    /// A day that is only noted when it cannot be read.
    fn day(
        &self,
        cells: Cells<'_>,
        field: &'static str,
        forms: &DateForms,
        notes: &mut Notes<'_>,
    ) -> Option<ClinicDate> {
        let day = cells.raw(field).map(|text| forms.read(text, self.exported_on, Century::Near));
        notes.optional(field, day).map(ClinicDate)
    }

    /// A word of ours for one of theirs; what the mapping does not translate is noted.
    fn word<T: std::str::FromStr>(
        &self,
        cells: Cells<'_>,
        field: &'static str,
        notes: &mut Notes<'_>,
    ) -> Option<T> {
        let word = cells.raw(field).map(|theirs| {
            let ours = self.bound.word(field, theirs).and_then(|word| word.parse().ok());
            ours.ok_or(Code::ValueUnknown)
        });
        notes.optional(field, word)
    }
}

/// The lines of a list in one field, each once, in their order.
fn distinct_lines(cell: &str) -> Vec<String> {
    let printable = text::printable(cell);
    let mut seen: Vec<String> = Vec::new();
    for line in text::lines(&printable) {
        if !seen.iter().any(|known| known == line) {
            seen.push(line.to_owned());
        }
    }
    seen
}

/// The code of a substance that a text names, when it names one alone.
fn substance_code(text: &str) -> Option<String> {
    match wattle_domain::substance::named(text).as_slice() {
        [one] => Some(one.code.to_owned()),
        _ => None,
    }
}

/// The forms of a table's timestamp and date.
fn stamp_forms(bound: &Bound, stamp: &str, date: &str) -> [DateForms; 2] {
    [bound.forms(stamp), bound.forms(date)]
}

/// Whether a mapping names any of some fields.
fn names_any(mapped: &TableMapping, fields: &[&str]) -> bool {
    fields.iter().any(|field| mapped.fields.contains_key(*field))
}
