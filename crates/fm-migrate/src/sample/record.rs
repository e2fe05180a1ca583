//! The tables of the record: `Notes.xml`, `Allergies.mer`, `Medicines.csv`, `Observations.mer`, `Recalls.tab`, `Letters.xml`, `Invoices.mer`,
//! `InvoiceItems.mer`, `Payments.xml`, `Log.mer`, where the plan asks for notes, and `Documents.xml` with its files, where it asks for documents.

mod accounts;
mod allergies;
mod documents;
mod invoice_items;
mod invoices;
mod letters;
mod log;
mod medicines;
mod notes;
mod observations;
mod payments;
mod recalls;

use std::path::Path;

use super::Plan;
use super::output::{Output, csv_record, inside};
use super::patients::{Register, number};
use super::people::Doctor;
use super::truth::{TableTruth, Truth};
use crate::error::Error;

pub(super) use medicines::FIELDS as MEDICINE_FIELDS;
pub(super) use recalls::FIELDS as RECALL_FIELDS;

/// A consultation that took place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    /// Its number in the book.
    pub(super) key: u32,
    pub(super) patient: u32,
    /// Index into the staff.
    pub(super) doctor: u32,
    /// Days from today.
    pub(super) day: i32,
    /// Minute of the day.
    pub(super) start_min: u32,
}

/// What the tables of the record are made from.
pub(super) struct Clinic<'a> {
    pub(super) plan: &'a Plan,
    pub(super) staff: &'a [Doctor],
    pub(super) register: &'a Register,
    pub(super) visits: &'a [Visit],
}

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut Truth) -> Result<(), Error> {
    if clinic.plan.documents > 0 {
        documents::write(clinic, dir, &mut truth.documents)?;
    }
    if clinic.plan.notes == 0 {
        return Ok(());
    }
    notes::write(clinic, dir, &mut truth.notes)?;
    allergies::write(clinic, dir, &mut truth.allergies)?;
    medicines::write(clinic, dir, &mut truth.medicines)?;
    observations::write(clinic, dir, &mut truth.observations)?;
    recalls::write(clinic, dir, &mut truth.recalls)?;
    letters::write(clinic, dir, &mut truth.letters)?;
    invoices::write(clinic, dir, &mut truth.invoices)?;
    invoice_items::write(clinic, dir, &mut truth.invoice_items)?;
    payments::write(clinic, dir, &mut truth.payments)?;
    log::write(clinic, dir, &mut truth.log)
}

/// A record that must be rejected: why, and the change to a good one that makes it so.
#[derive(Clone, Debug)]
pub(super) struct Bad {
    pub(super) code: &'static str,
    pub(super) cell: usize,
    pub(super) value: String,
    /// Another cell that must say something for it.
    also: Option<(usize, &'static str)>,
}

/// A copy of the record before, or a cut one: no cell of it is at fault.
const SAME: &str = "same";

impl Bad {
    pub(super) fn new(code: &'static str, cell: usize, value: &str) -> Self {
        Self { code, cell, value: value.into(), also: None }
    }

    /// With another cell as well.
    pub(super) fn and(mut self, cell: usize, value: &'static str) -> Self {
        self.also = Some((cell, value));
        self
    }

    /// What every table of the record has: no key, a doubled record, a patient who is nobody or was rejected, a cut record.
    pub(super) fn usual(clinic: &Clinic<'_>, key: usize, patient: usize) -> Vec<Self> {
        let nobody = number(clinic.register.nobody);
        let mut all = vec![
            Self::new("NULL_KEY", key, " "),
            Self::new("DUPLICATE_KEY", key, SAME),
            Self::new("ORPHAN", patient, &nobody),
            Self::new("REQUIRED_EMPTY", patient, ""),
            Self::new("COLUMN_COUNT", 0, SAME),
        ];
        let parents = clinic.register.rejected.iter().take(2);
        all.extend(parents.map(|n| Self::new("PARENT_REJECTED", patient, &number(*n))));
        all
    }
}

/// How a table's records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Xml,
    Quoted,
    Tabbed,
}

/// One table being written, good records and bad ones between them.
pub(super) struct Sheet<'a> {
    file: Output,
    columns: Vec<&'static str>,
    form: Form,
    record_id: u64,
    bad: std::vec::IntoIter<Bad>,
    every: u32,
    written: u32,
    pub(super) truth: &'a mut TableTruth,
}

impl<'a> Sheet<'a> {
    /// FMPXMLRESULT: columns with their types.
    pub(super) fn xml(
        (dir, name): (&Path, &str),
        columns: &[(&'static str, &'static str)],
        good: u32,
        bad: Vec<Bad>,
        truth: &'a mut TableTruth,
    ) -> Result<Self, Error> {
        let typed: Vec<(&'static str, &'static str, u32)> =
            columns.iter().map(|(name, kind)| (*name, *kind, 1)).collect();
        Self::repeating((dir, name), &typed, good, bad, truth)
    }

    /// The same with fields that have repetitions.
    pub(super) fn repeating(
        (dir, name): (&Path, &str),
        columns: &[(&'static str, &'static str, u32)],
        good: u32,
        bad: Vec<Bad>,
        truth: &'a mut TableTruth,
    ) -> Result<Self, Error> {
        let mut file = Output::create(inside(dir, &format!("{name}.xml")))?;
        // A doubled record stands there twice.
        let found = good + u32::try_from(bad.len()).unwrap_or(0);
        let layout = format!("{name} Export");
        file.text(&super::output::xml_head(&layout, found, columns))?;
        let columns = columns.iter().map(|(name, ..)| *name).collect();
        Ok(Self::new(file, columns, Form::Xml, good, bad, truth))
    }

    /// A merge file; or, without a header, CSV or tab-separated text.
    pub(super) fn delimited(
        (dir, name): (&Path, &str),
        columns: &[&'static str],
        good: u32,
        bad: Vec<Bad>,
        truth: &'a mut TableTruth,
    ) -> Result<Self, Error> {
        let mut file = Output::create(inside(dir, name))?;
        if name.ends_with(".mer") {
            let mut head = String::new();
            csv_record(&mut head, columns);
            file.text(&head)?;
        }
        let form = if name.ends_with(".tab") { Form::Tabbed } else { Form::Quoted };
        Ok(Self::new(file, columns.to_vec(), form, good, bad, truth))
    }

    fn new(
        file: Output,
        columns: Vec<&'static str>,
        form: Form,
        good: u32,
        bad: Vec<Bad>,
        truth: &'a mut TableTruth,
    ) -> Self {
        let every = (good / (u32::try_from(bad.len()).unwrap_or(0) + 1)).max(1);
        Self { file, columns, form, record_id: 0, bad: bad.into_iter(), every, written: 0, truth }
    }

    /// A record that loads, and now and then one after it that does not. `notes` are the oddities of the good one.
    pub(super) fn good(
        &mut self,
        cells: &[String],
        notes: &[(&'static str, &'static str)],
    ) -> Result<(), Error> {
        self.truth.good();
        notes.iter().for_each(|(code, column)| self.truth.note(code, column));
        self.record(cells)?;
        self.written += 1;
        if self.written.is_multiple_of(self.every)
            && let Some(bad) = self.bad.next()
        {
            self.plant(&bad, cells)?;
        }
        Ok(())
    }

    /// A record that must be rejected for what it is.
    pub(super) fn bad(
        &mut self,
        cells: &[String],
        code: &'static str,
        column: &'static str,
    ) -> Result<(), Error> {
        self.truth.reject(code, column);
        self.record(cells)
    }

    /// What could not be put between good ones, and the end of the file.
    pub(super) fn finish(mut self, like: &[String]) -> Result<(), Error> {
        while let Some(bad) = self.bad.next() {
            self.plant(&bad, like)?;
        }
        if self.form == Form::Xml {
            self.file.text("</RESULTSET>\n</FMPXMLRESULT>\n")?;
        }
        self.file.finish()
    }

    fn plant(&mut self, bad: &Bad, before: &[String]) -> Result<(), Error> {
        let mut cells = before.to_vec();
        let column = self.columns.get(bad.cell).copied().unwrap_or_default();
        if bad.code != "DUPLICATE_KEY"
            && let Some(key) = cells.first_mut()
        {
            *key = format!("{key}-{}", self.truth.read);
        }
        match bad.code {
            "DUPLICATE_KEY" => self.truth.reject(bad.code, column),
            "COLUMN_COUNT" => {
                self.truth.reject(bad.code, "");
                cells.truncate(2);
            }
            code => {
                self.truth.reject(code, column);
                if let Some(cell) = cells.get_mut(bad.cell) {
                    bad.value.clone_into(cell);
                }
                if let Some((also, value)) = bad.also
                    && let Some(cell) = cells.get_mut(also)
                {
                    value.clone_into(cell);
                }
            }
        }
        self.record(&cells)
    }

    fn record(&mut self, cells: &[String]) -> Result<(), Error> {
        self.record_id += 1;
        match self.form {
            Form::Quoted => self.file.csv(cells),
            Form::Tabbed => self.file.tab(cells),
            Form::Xml => {
                let cells: Vec<Option<String>> = cells.iter().map(|c| Some(c.clone())).collect();
                self.file.row(self.record_id, 1, &cells)
            }
        }
    }
}
