//! Ids that are the same in every run: v5 of the clinic and where the record came from.

use uuid::Uuid;
use wattle_domain::ClinicId;

/// The exports that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceTable {
    /// Who sees patients.
    Practitioners,
    /// Patients.
    Patients,
    /// The book.
    Appointments,
    /// What was written at consultations.
    Notes,
    /// What patients do not bear.
    Allergies,
    /// What they take and took.
    Medicines,
    /// What was measured.
    Observations,
    /// Whom to ask back, and when.
    Recalls,
    /// What was written to others.
    Letters,
    /// Bills.
    Invoices,
    /// What is on them.
    InvoiceItems,
    /// What was paid.
    Payments,
    /// The log that the old system kept of itself.
    Log,
    /// Files about patients: each record with a container.
    Documents,
}

impl SourceTable {
    /// Every one, parents first.
    pub const ALL: [Self; 14] = [
        Self::Practitioners,
        Self::Patients,
        Self::Appointments,
        Self::Notes,
        Self::Allergies,
        Self::Medicines,
        Self::Observations,
        Self::Recalls,
        Self::Letters,
        Self::Invoices,
        Self::InvoiceItems,
        Self::Payments,
        Self::Log,
        Self::Documents,
    ];
    /// Those of the record: they belong to patients (or are a log of what was done to them), are converted one record at a
    /// time, and a clinic may have none. Bills before what is on them.
    pub const OF_RECORD: [Self; 11] = [
        Self::Notes,
        Self::Allergies,
        Self::Medicines,
        Self::Observations,
        Self::Recalls,
        Self::Letters,
        Self::Invoices,
        Self::InvoiceItems,
        Self::Payments,
        Self::Log,
        Self::Documents,
    ];

    /// The name in the mapping, in staging and in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practitioners => "practitioners",
            Self::Patients => "patients",
            Self::Appointments => "appointments",
            Self::Notes => "notes",
            Self::Allergies => "allergies",
            Self::Medicines => "medicines",
            Self::Observations => "observations",
            Self::Recalls => "recalls",
            Self::Letters => "letters",
            Self::Invoices => "invoices",
            Self::InvoiceItems => "invoice_items",
            Self::Payments => "payments",
            Self::Log => "log",
            Self::Documents => "documents",
        }
    }
}

/// Where derived ids live.
#[derive(Clone, Debug)]
pub struct Namespace {
    clinic: ClinicId,
    file: String,
}

impl Namespace {
    /// The ids of one FileMaker file of one clinic.
    #[must_use]
    pub fn new(clinic: ClinicId, file: &str) -> Self {
        Self { clinic, file: file.into() }
    }

    /// Whose they are.
    #[must_use]
    pub fn clinic(&self) -> ClinicId {
        self.clinic
    }

    /// The id of a record, by its key.
    #[must_use]
    pub fn record(&self, table: SourceTable, key: &str) -> Uuid {
        self.named(table.as_str(), key)
    }

    /// The id of something set up in the mapping.
    #[must_use]
    pub fn setup(&self, kind: &str, name: &str) -> Uuid {
        self.named(kind, name)
    }

    fn named(&self, kind: &str, name: &str) -> Uuid {
        Uuid::new_v5(
            &self.clinic.0,
            format!("filemaker\u{1F}{}\u{1F}{kind}\u{1F}{name}", self.file).as_bytes(),
        )
    }
}

/// The id of a child row: the same for the same part of the same parent.
#[must_use]
pub fn child(parent: Uuid, part: &str) -> Uuid {
    Uuid::new_v5(&parent, part.as_bytes())
}
