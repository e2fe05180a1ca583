//! What was planted, so that a test can ask the migrator for exactly that.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::error::Error;
use crate::ids::SourceTable;

/// One planted oddity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planted {
    /// The record's position in its file, from 1.
    pub position: u64,
    /// The reason code that the migrator must give.
    pub code: String,
    /// The FileMaker field.
    pub column: String,
}

/// What one file holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TableTruth {
    /// Records in the file.
    pub read: u64,
    /// Records that load.
    pub loaded: u64,
    /// Records that must be rejected, with the reason.
    pub rejects: Vec<Planted>,
    /// What loads, but must be noted.
    pub notes: Vec<Planted>,
}

impl TableTruth {
    /// The next record, which loads; its position.
    pub(super) fn good(&mut self) -> u64 {
        self.read += 1;
        self.loaded += 1;
        self.read
    }

    /// The next record, which must be rejected.
    pub(super) fn reject(&mut self, code: &str, column: &str) {
        self.read += 1;
        self.rejects.push(Planted { position: self.read, code: code.into(), column: column.into() });
    }

    /// Something to be noted about the latest record.
    pub(super) fn note(&mut self, code: &str, column: &str) {
        self.notes.push(Planted { position: self.read, code: code.into(), column: column.into() });
    }
}

/// What the whole sample holds; `truth.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Truth {
    /// The seed.
    pub seed: u64,
    /// The day of the export.
    pub today: String,
    /// `Practitioners.mer`.
    pub practitioners: TableTruth,
    /// `Patients.xml`.
    pub patients: TableTruth,
    /// `Appointments.csv`.
    pub appointments: TableTruth,
    /// `Notes.xml`.
    pub notes: TableTruth,
    /// `Allergies.mer`.
    pub allergies: TableTruth,
    /// `Medicines.csv`.
    pub medicines: TableTruth,
    /// `Observations.mer`.
    pub observations: TableTruth,
    /// `Recalls.tab`.
    pub recalls: TableTruth,
    /// `Letters.xml`.
    pub letters: TableTruth,
    /// `Invoices.mer`.
    pub invoices: TableTruth,
    /// `InvoiceItems.mer`.
    pub invoice_items: TableTruth,
    /// `Payments.xml`.
    pub payments: TableTruth,
    /// `Log.mer`.
    pub log: TableTruth,
    /// `Documents.xml`.
    pub documents: TableTruth,
}

impl Truth {
    /// What an export holds.
    #[must_use]
    pub fn table(&self, table: SourceTable) -> &TableTruth {
        match table {
            SourceTable::Practitioners => &self.practitioners,
            SourceTable::Patients => &self.patients,
            SourceTable::Appointments => &self.appointments,
            SourceTable::Notes => &self.notes,
            SourceTable::Allergies => &self.allergies,
            SourceTable::Medicines => &self.medicines,
            SourceTable::Observations => &self.observations,
            SourceTable::Recalls => &self.recalls,
            SourceTable::Letters => &self.letters,
            SourceTable::Invoices => &self.invoices,
            SourceTable::InvoiceItems => &self.invoice_items,
            SourceTable::Payments => &self.payments,
            SourceTable::Log => &self.log,
            SourceTable::Documents => &self.documents,
        }
    }

    pub(super) fn new(plan: &Plan) -> Self {
        Self { seed: plan.seed, today: plan.today.to_string(), ..Self::default() }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join("truth.json");
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::Sample(e.to_string()))?;
        std::fs::write(&path, text).map_err(Error::file(&path))
    }
}
