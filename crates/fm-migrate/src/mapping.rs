//! The mapping file: which FileMaker field is which of ours, and what a person sets up by hand at migration.
//!
//! Owns: reading and checking `clinic.toml`. Called by: `import`.

mod bind;
mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;
use wattle_domain::time::ClinicZone;

use crate::error::Error;
use crate::ids::SourceTable;
use crate::read::Layout;
use crate::wire::Route;
pub(crate) use bind::found;
pub use bind::{Bound, Cells};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The clinic itself.
    pub clinic: ClinicFacts,
    /// FileMaker Server, where records come over HTTP.
    pub server: Option<Server>,
    /// Its addresses, first one first.
    #[serde(default)]
    pub site: Vec<Site>,
    /// Its rooms.
    #[serde(default)]
    pub room: Vec<Room>,
    /// What can be booked.
    #[serde(default)]
    pub appointment_type: Vec<TypeOfAppointment>,
    /// Sessions, breaks and leave.
    #[serde(default)]
    pub roster: Vec<Roster>,
    /// The export of practitioners.
    pub practitioners: TableMapping,
    /// The export of patients.
    pub patients: TableMapping,
    /// The export of appointments.
    pub appointments: TableMapping,
    /// The export of what was written at consultations.
    pub notes: Option<TableMapping>,
    /// The export of allergies.
    pub allergies: Option<TableMapping>,
    /// The export of medicines.
    pub medicines: Option<TableMapping>,
    /// The export of measured values.
    pub observations: Option<TableMapping>,
    /// The export of recalls.
    pub recalls: Option<TableMapping>,
    /// The export of letters.
    pub letters: Option<TableMapping>,
    /// The export of bills.
    pub invoices: Option<TableMapping>,
    /// The export of what is on them.
    pub invoice_items: Option<TableMapping>,
    /// The export of what was paid.
    pub payments: Option<TableMapping>,
    /// The export of the log that the old system kept of itself.
    pub log: Option<TableMapping>,
    /// The export of documents: the table whose records hold files.
    pub documents: Option<TableMapping>,
    /// The night of the cutover.
    #[serde(default)]
    pub cutover: CutoverPlan,
    /// Where the file is; paths in it start there.
    #[serde(skip)]
    pub path: PathBuf,
}

/// What is true of the whole export.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClinicFacts {
    /// Name as on letters.
    pub name: String,
    /// Australian business number, 11 digits.
    pub abn: Option<String>,
    /// IANA zone of every wall-clock time in the export.
    pub time_zone: ClinicZone,
    /// State or territory.
    pub state: Option<String>,
    /// The FileMaker file's name: part of every derived id.
    pub file: String,
    /// The day of the export.
    pub exported_on: NaiveDate,
    /// For phone numbers written without one, for example `02`.
    pub area_code: Option<String>,
}

/// FileMaker Server. The account is never written here: it is FM_USER and FM_PASSWORD in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// `https://` and the host.
    pub url: String,
    /// The hosted file's name; its case is kept.
    pub database: String,
    /// How records come, where a table does not say otherwise: `odata` or `data_api`.
    #[serde(default = "odata")]
    pub route: Route,
    /// Records of a Data API page.
    #[serde(default = "page_rows")]
    pub page_rows: u32,
    /// The wait before a request is made again the first time; it doubles.
    #[serde(default = "first_wait_ms")]
    pub first_wait_ms: u64,
}

fn odata() -> Route {
    Route::Odata
}

fn page_rows() -> u32 {
    1_000
}

fn first_wait_ms() -> u64 {
    500
}

/// How the clinic goes over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoverPlan {
    /// From the first import on, workstations may look, and what people enter waits there until the switch. Never so in a clinic
    /// in which people work already.
    #[serde(default)]
    pub closed_until_switch: bool,
    /// A layout that the account sees: scripts are run from one.
    pub freeze_layout: Option<String>,
    /// The script that takes the right to write from people. Running it twice must do no more than once.
    pub freeze_script: Option<String>,
    /// The script that gives it back; likewise.
    pub thaw_script: Option<String>,
}

/// The scripts of a freeze.
#[derive(Clone, Copy, Debug)]
pub struct Scripts<'a> {
    /// From where.
    pub layout: &'a str,
    /// Nobody can write.
    pub freeze: &'a str,
    /// People can again.
    pub thaw: &'a str,
}

impl CutoverPlan {
    /// The scripts; `None`: a person freezes.
    #[must_use]
    pub fn scripts(&self) -> Option<Scripts<'_>> {
        let layout = self.freeze_layout.as_deref()?;
        Some(Scripts { layout, freeze: self.freeze_script.as_deref()?, thaw: self.thaw_script.as_deref()? })
    }
}

/// A site.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its name.
    pub name: String,
}

/// A room.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Its name, as the appointments have it.
    pub name: String,
    /// The name of its site.
    pub site: String,
}

/// A kind of appointment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeOfAppointment {
    /// Its name, as the appointments have it (or as `words.type` translates it).
    pub name: String,
    /// Usual length.
    pub minutes: i64,
    /// 1 to 8.
    pub hue: i64,
}

/// A part of a practitioner's roster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// The practitioner's key.
    pub practitioner: String,
    /// Session, break or leave.
    pub kind: wattle_domain::fields::SessionKind,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`, up to `24:00`.
    pub to: String,
    /// `mon` … `sun`; every day when missing.
    #[serde(default)]
    pub weekdays: Vec<String>,
    /// First day it holds.
    pub first_day: Option<NaiveDate>,
    /// Last day it holds.
    pub last_day: Option<NaiveDate>,
}

/// One export.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableMapping {
    /// The file, beside the mapping file.
    #[serde(default)]
    pub path: PathBuf,
    /// The table's name in OData, where records come over HTTP.
    pub table: Option<String>,
    /// A layout over it that shows every mapped field, for the Data API.
    pub api_layout: Option<String>,
    /// How this table's records come, where not as [server] says.
    pub route: Option<Route>,
    /// Of a file: it holds every record of the table, and one that it lacks is gone from FileMaker. What comes over HTTP always
    /// does; an export may be a part, and then says nothing of the others.
    #[serde(default)]
    pub whole: bool,
    /// How to read it, where detection is not enough.
    #[serde(default)]
    pub layout: Layout,
    /// The field that holds files, where the table has one. No export has it as a column.
    pub container: Option<String>,
    /// The folder of its exported contents, beside the mapping file: `{table}/{key}/{field}/{repetition}__{name}`.
    pub folder: Option<PathBuf>,
    /// How FileMaker keeps the files, where they are not asked of it: `open` means that they lie plain in `folder`, and the field
    /// `reference` says where.
    pub storage: Option<Storage>,
    /// Files that are copied at once; if not said, 8 from a disk and 4 from FileMaker Server: fewer spare a FileMaker Server that people work on.
    pub at_once: Option<std::num::NonZeroU8>,
    /// Our field to their column; `Phone(2)` is a repetition.
    pub fields: BTreeMap<String, String>,
    /// Our field to the forms of its dates.
    #[serde(default)]
    pub dates: BTreeMap<String, Vec<String>>,
    /// Our field to their words and ours.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
}

/// How FileMaker keeps containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// External, open: each a plain file.
    Open,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, or lacks or misspells something; the message has line and column.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        let mut this: Self = toml::from_str(&text)
            .map_err(|e| Error::Mapping { path: path.to_path_buf(), reason: e.to_string() })?;
        this.path = path.to_path_buf();
        check::check(&this)?;
        Ok(this)
    }

    /// A table's mapping; `None` when the clinic has no such table.
    #[must_use]
    pub fn table(&self, table: SourceTable) -> Option<&TableMapping> {
        match table {
            SourceTable::Practitioners => Some(&self.practitioners),
            SourceTable::Patients => Some(&self.patients),
            SourceTable::Appointments => Some(&self.appointments),
            SourceTable::Notes => self.notes.as_ref(),
            SourceTable::Allergies => self.allergies.as_ref(),
            SourceTable::Medicines => self.medicines.as_ref(),
            SourceTable::Observations => self.observations.as_ref(),
            SourceTable::Recalls => self.recalls.as_ref(),
            SourceTable::Letters => self.letters.as_ref(),
            SourceTable::Invoices => self.invoices.as_ref(),
            SourceTable::InvoiceItems => self.invoice_items.as_ref(),
            SourceTable::Payments => self.payments.as_ref(),
            SourceTable::Log => self.log.as_ref(),
            SourceTable::Documents => self.documents.as_ref(),
        }
    }

    /// Every table that the clinic has, parents first.
    pub fn tables(&self) -> impl Iterator<Item = (SourceTable, &TableMapping)> {
        SourceTable::ALL.into_iter().filter_map(|table| Some((table, self.table(table)?)))
    }

    /// An export's path.
    #[must_use]
    pub fn export(&self, table: &TableMapping) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(&table.path)
    }

    /// How a table's records come: as asked, as the table says, as the server says, or from its file.
    #[must_use]
    pub fn route(&self, table: &TableMapping, asked: Option<Route>) -> Route {
        let usual = self.server.as_ref().map(|s| s.route);
        asked.or(table.route).or(usual).unwrap_or(Route::File)
    }

    /// A complaint about this file.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::Mapping { path: self.path.clone(), reason: reason.into() }
    }
}
