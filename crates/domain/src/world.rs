//! What a command looks at: plain rows, loaded by a store before it decides.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::attribution::Stamp;
use crate::entities::Appointment;
use crate::ids::{PatientId, PractitionerId};
use crate::row::{Row, RowChange, Unwritable};
use crate::schedule::overlap;
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

impl Read {
    /// Whether it looks at a row as that row now is: the same condition that the stores have in SQL.
    #[must_use]
    pub fn selects(&self, table: TableName, row: &Row) -> bool {
        match *self {
            Self::Row(name, id) => (name, id) == (table, row.id),
            Self::OfPatient(name, patient) => {
                name == table
                    && row.field("patient_id").as_str().is_some_and(|id| id.parse() == Ok(patient.0))
            }
            Self::Book { practitioner, from, to } => {
                table == TableName::Appointment
                    && row.attribution.deleted_at.is_none()
                    && row.read::<Appointment>().is_ok_and(|it| {
                        it.practitioner_id == practitioner
                            && it.status.occupies()
                            && overlap((it.start_at, it.end_at), (from, to))
                    })
            }
            Self::NextRecordNumber => false,
        }
    }
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

    /// The part of a larger world that some reads select; without a record number.
    #[must_use]
    pub fn select(&self, reads: &[Read]) -> Self {
        let mut part = Self::default();
        for read in reads {
            let table = match *read {
                Read::Row(table, id) => {
                    if let Some(row) = self.row(table, id) {
                        part.insert(table, row.clone());
                    }
                    continue;
                }
                Read::OfPatient(table, _) => table,
                Read::Book { .. } => TableName::Appointment,
                Read::NextRecordNumber => continue,
            };
            for row in self.of(table).filter(|row| read.selects(table, row)) {
                part.insert(table, row.clone());
            }
        }
        part
    }

    /// Writes a decided change, as the server's tables and triggers would.
    ///
    /// # Errors
    /// As [`Row::after`]; nothing has changed then.
    pub fn write(&mut self, change: &RowChange, stamp: Stamp) -> Result<(), Unwritable> {
        let row = Row::after(self.row(change.table, change.id), change, stamp)?;
        self.insert(change.table, row);
        Ok(())
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
