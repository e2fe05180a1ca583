//! What an import did, in numbers that add up. Holds counts, codes and ids, never a value.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::ids::SourceTable;
pub use crate::load::Merged;
use crate::reason::Code;

/// One export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Records in the export.
    pub read: u64,
    /// Records that are rows of the target now.
    pub loaded: u64,
    /// Records in the reject table.
    pub rejected: u64,
    /// Rejects by reason.
    pub rejects: BTreeMap<Code, u64>,
    /// Notes on loaded records by reason.
    pub notes: BTreeMap<Code, u64>,
    /// What happened to the rows of the records themselves.
    #[serde(flatten)]
    pub main: Merged,
    /// What happened per target table, children included.
    pub targets: BTreeMap<&'static str, Merged>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The run in staging.
    pub run: Uuid,
    /// Patients loaded.
    pub patients: u64,
    /// Practitioners loaded.
    pub practitioners: u64,
    /// Appointments loaded.
    pub appointments: u64,
    /// Records in all exports: loaded + rejected.
    pub read: u64,
    /// Records loaded, of all exports.
    pub loaded: u64,
    /// Records rejected, of all exports.
    pub rejected: u64,
    /// Rows inserted, updated or removed in the target, of all tables; 0 for a run that changed nothing.
    pub written: u64,
    /// Whether the clinic is closed until the switch, where the mapping asks for that: false where people work in it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    /// How long it took.
    pub seconds: f64,
    /// Every export.
    pub tables: BTreeMap<&'static str, TableReport>,
}

impl Report {
    pub(crate) fn new(run: Uuid, tables: BTreeMap<&'static str, TableReport>, seconds: f64) -> Self {
        let loaded = |table: SourceTable| tables.get(table.as_str()).map_or(0, |t| t.loaded);
        let written =
            |t: &TableReport| t.targets.values().map(|m| m.inserted + m.updated + m.removed).sum::<u64>();
        Self {
            run,
            patients: loaded(SourceTable::Patients),
            practitioners: loaded(SourceTable::Practitioners),
            appointments: loaded(SourceTable::Appointments),
            read: tables.values().map(|t| t.read).sum(),
            loaded: tables.values().map(|t| t.loaded).sum(),
            rejected: tables.values().map(|t| t.rejected).sum(),
            written: tables.values().map(written).sum(),
            closed: None,
            seconds,
            tables,
        }
    }
}
