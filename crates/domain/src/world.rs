//! What a command looks at: plain rows, loaded by a store before it decides.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::ids::{PatientId, PractitionerId};
use crate::row::Row;
use crate::table::{BadRow, Entity, TableName};
use crate::time::UtcInstant;

/// Something a command needs to see. Stores load these (the server with row locks, in key order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// One row.
    Row(TableName, Uuid),
    /// All rows of a table (with a `patient_id`) that belong to a patient.
    OfPatient(TableName, PatientId),
    /// The appointments of a practitioner that touch `[from, to)` and occupy time.
    Book {
        /// Whose book.
        practitioner: PractitionerId,
        /// From, inclusive.
        from: UtcInstant,
        /// To, exclusive.
        to: UtcInstant,
    },
    /// The next record number of the clinic; only the server has one, a workstation leaves it out.
    NextRecordNumber,
}

/// The rows a command looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    rows: BTreeMap<(TableName, Uuid), Row>,
    /// The answer to [`Read::NextRecordNumber`].
    pub next_record_number: Option<String>,
}

impl World {
    /// Adds a loaded row.
    pub fn insert(&mut self, table: TableName, row: Row) {
        self.rows.insert((table, row.id), row);
    }

    /// A row that was read.
    #[must_use]
    pub fn row(&self, table: TableName, id: impl Into<Uuid>) -> Option<&Row> {
        self.rows.get(&(table, id.into()))
    }

    /// The typed view of a row that was read.
    ///
    /// # Errors
    /// When the row does not fit its entity.
    pub fn get<E: Entity>(&self, id: impl Into<Uuid>) -> Result<Option<(E, &Row)>, BadRow> {
        self.row(E::TABLE.name, id).map(|row| Ok((row.read()?, row))).transpose()
    }

    /// Every row of a table that was read, in key order.
    pub fn of(&self, table: TableName) -> impl Iterator<Item = &Row> {
        self.rows.range((table, Uuid::nil())..=(table, Uuid::max())).map(|(_, row)| row)
    }

    /// The keys of every row that was read.
    pub fn keys(&self) -> impl Iterator<Item = (TableName, Uuid)> {
        self.rows.keys().copied()
    }
}
