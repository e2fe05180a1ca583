//! Documents: those of a patient, those that are to be sent, those that will be wanted soon. What is said here comes from
//! rows alone; where the bytes are, whoever has the files knows.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::entities::Document;
use wattle_domain::{DocumentId, PatientId, Rev, Row, TableName, UserId, UtcInstant};

use super::clinic;
use crate::error::Error;
use crate::store::Store;
use crate::tables::synced;

/// Both tables; a row of either reads as a [`Document`].
const TABLES: [TableName; 2] = [TableName::Document, TableName::DeskDocument];

/// A document's row.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRow {
    /// What it says.
    pub document: Document,
    /// The table that it is in.
    pub table: TableName,
    /// Its revision.
    pub rev: Rev,
    /// Who filed it.
    pub by: Option<UserId>,
    /// A command in effect has made or changed it.
    pub pending: bool,
}

impl Store {
    /// A patient's documents, newest first, and the names of who filed them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents(
        &self,
        patient: PatientId,
    ) -> Result<(Vec<DocumentRow>, BTreeMap<UserId, String>), Error> {
        self.read(|connection| {
            let mut found =
                rows(connection, "WHERE patient_id = ? AND deleted_at IS NULL", [patient.to_string()])?;
            found.sort_by_key(|row| std::cmp::Reverse((row.document.captured_at, row.document.id)));
            let users: BTreeSet<_> = found.iter().filter_map(|row| row.by).collect();
            let names = clinic::user_names(connection)?;
            Ok((found, names.into_iter().filter(|(user, _)| users.contains(user)).collect()))
        })
    }

    /// One document.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn document(&self, table: TableName, id: DocumentId) -> Result<Option<DocumentRow>, Error> {
        self.read(|connection| {
            let found = rows(connection, "WHERE id = ?", [id.to_string()])?;
            Ok(found.into_iter().find(|row| row.table == table))
        })
    }

    /// The rows of these documents, as far as there are any.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents_of(&self, ids: &[DocumentId]) -> Result<Vec<DocumentRow>, Error> {
        self.read(|connection| {
            let mut found = Vec::new();
            for id in ids {
                found.extend(rows(connection, "WHERE id = ?", [id.to_string()])?);
            }
            Ok(found)
        })
    }

    /// Documents that the server has lost.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents_lost(&self) -> Result<Vec<DocumentRow>, Error> {
        self.read(|connection| rows(connection, "WHERE lost_at IS NOT NULL AND deleted_at IS NULL", []))
    }

    /// Current documents, which the server has, of patients who are booked in `[from, to)`, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn documents_of_booked(&self, from: UtcInstant, to: UtcInstant) -> Result<Vec<DocumentRow>, Error> {
        let condition =
            "WHERE patient_id IN (SELECT patient_id FROM appointment WHERE start_at >= ? AND start_at < ?
             AND status NOT IN ('cancelled', 'did_not_attend') AND deleted_at IS NULL)
             AND stored_at IS NOT NULL AND lost_at IS NULL AND status = 'current' AND deleted_at IS NULL";
        self.read(|connection| {
            let mut found = rows(connection, condition, [from.0, to.0])?;
            found.sort_by_key(|row| std::cmp::Reverse(row.document.captured_at));
            Ok(found)
        })
    }
}

pub(super) fn rows(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params + Clone,
) -> Result<Vec<DocumentRow>, Error> {
    let waiting = waiting(connection)?;
    let mut found = Vec::new();
    for table in TABLES {
        for row in synced::select(connection, table, condition, parameters.clone())? {
            found.push(read(table, &row, &waiting)?);
        }
    }
    Ok(found)
}

fn read(table: TableName, row: &Row, waiting: &BTreeSet<Uuid>) -> Result<DocumentRow, Error> {
    Ok(DocumentRow {
        // Both tables are of one shape.
        document: wattle_domain::Entity::from_row(row).map_err(clinic::bad)?,
        table,
        rev: row.rev,
        by: row.attribution.created_by,
        pending: waiting.contains(&row.id),
    })
}

/// Documents whose rows a command in effect has made or changed.
fn waiting(connection: &Connection) -> Result<BTreeSet<Uuid>, Error> {
    let sql = "SELECT DISTINCT id FROM pending_row WHERE wrote = 1 AND tbl IN ('document', 'desk_document')";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| id?.parse().map_err(|_| Error::BadRow { what: "pending_row".into() })).collect()
}
