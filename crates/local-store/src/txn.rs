//! One writing transaction: every change of a synced row goes through it, so that cards, search and the news to the
//! page are never forgotten.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::{Row, TableName, UtcInstant};
use wattle_protocol::ipc::event::Changed;

use crate::error::Error;
use crate::search::index;
use crate::store::Shared;
use crate::tables::synced;

/// Beyond so many rows of one table the page is told "many" and asks again.
const NAMED_ROWS: usize = 500;

/// An open writing transaction; dropped without [`Txn::commit`] it leaves nothing.
pub(crate) struct Txn<'c> {
    transaction: Transaction<'c>,
    changed: BTreeMap<TableName, BTreeSet<Uuid>>,
    /// Tables of which more changed than is worth naming.
    many: BTreeSet<TableName>,
    /// Patients whose card and words must be made again.
    patients: BTreeSet<Uuid>,
    /// Make all cards and words again.
    all_patients: bool,
    told: bool,
    now: UtcInstant,
}

impl<'c> Txn<'c> {
    pub(crate) fn begin(connection: &'c mut Connection, shared: &Shared) -> Result<Self, Error> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Self {
            transaction,
            changed: BTreeMap::new(),
            many: BTreeSet::new(),
            patients: BTreeSet::new(),
            all_patients: false,
            told: false,
            now: shared.clock.now(),
        })
    }

    /// When it began, for people to read.
    pub(crate) fn now(&self) -> UtcInstant {
        self.now
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.transaction
    }

    /// Writes a synced row. `before` is what the table held.
    pub(crate) fn put(&mut self, table: TableName, row: &Row, before: Option<&Row>) -> Result<(), Error> {
        match before {
            Some(before) => synced::put_over(&self.transaction, table, row, before)?,
            None => synced::put(&self.transaction, table, row)?,
        }
        self.note(table, row.id, [Some(row), before]);
        Ok(())
    }

    /// Removes a synced row. `before` is what the table held.
    pub(crate) fn delete(&mut self, table: TableName, id: Uuid, before: Option<&Row>) -> Result<(), Error> {
        if synced::delete(&self.transaction, table, id)? {
            self.note(table, id, [before, None]);
        }
        Ok(())
    }

    /// Rows of this table were written by another way; their cards are made again by [`Txn::remake_all_patients`].
    pub(crate) fn note_many(&mut self, table: TableName) {
        self.many.insert(table);
    }

    /// All cards and words are made again at the end.
    pub(crate) fn remake_all_patients(&mut self) {
        self.all_patients = true;
    }

    /// Something that is no synced row has changed that screens show (a verdict, a mark).
    pub(crate) fn note_mark(&mut self, table: TableName, id: Uuid) {
        self.changed.entry(table).or_default().insert(id);
    }

    /// Something changed that screens show, but no row did.
    pub(crate) fn tell(&mut self) {
        self.told = true;
    }

    fn note(&mut self, table: TableName, id: Uuid, rows: [Option<&Row>; 2]) {
        self.changed.entry(table).or_default().insert(id);
        // Of an appointment a card shows when the patient came first, and nothing that a day changes.
        if let (TableName::Appointment, [Some(now), Some(was)]) = (table, rows)
            && first_visit(now) == first_visit(was)
        {
            return;
        }
        for row in rows.into_iter().flatten() {
            match table {
                TableName::Patient => {
                    self.patients.insert(row.id);
                }
                TableName::PatientContact
                | TableName::PatientIdentifier
                | TableName::Address
                | TableName::Alert
                | TableName::Appointment => {
                    let patient = row.field("patient_id").as_str().and_then(|id| Uuid::parse_str(id).ok());
                    self.patients.extend(patient);
                }
                _ => {}
            }
        }
    }

    /// Ends it: cards and words first, then the commit. Says what changed, or `None` when nothing that screens show did.
    pub(crate) fn commit(mut self) -> Result<Option<Changed>, Error> {
        if self.all_patients {
            index::remake_all(&self.transaction)?;
        } else {
            for patient in std::mem::take(&mut self.patients) {
                index::remake(&self.transaction, patient)?;
            }
        }
        self.transaction.commit()?;
        let many = &self.many;
        let mut rows: Vec<(TableName, Vec<Uuid>)> = many.iter().map(|&table| (table, Vec::new())).collect();
        for (table, ids) in self.changed {
            if !many.contains(&table) {
                let named = if ids.len() > NAMED_ROWS { Vec::new() } else { ids.into_iter().collect() };
                rows.push((table, named));
            }
        }
        Ok((self.told || !rows.is_empty()).then_some(Changed { rows }))
    }
}

/// What an appointment has to do with its patient's card: whose, when, and whether it counts.
fn first_visit(row: &Row) -> (&Value, &Value, bool) {
    let counts = !matches!(row.field("status").as_str(), Some("cancelled" | "did_not_attend"))
        && row.attribution.deleted_at.is_none();
    (row.field("patient_id"), row.field("start_at"), counts)
}
