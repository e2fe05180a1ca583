//! Scans out of the scanner's folder: of this file only, until somebody files them.

use rusqlite::{Connection, OptionalExtension, Row};
use wattle_domain::{DocumentId, UtcInstant};
use wattle_protocol::ipc::scans::Scan;

use crate::error::Error;

/// A scan as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub scan: Scan,
    /// 64 hex digits: the same file is never taken twice.
    pub sha256: String,
    /// Somebody has said that it belongs to nobody.
    pub aside_at: Option<UtcInstant>,
}

const COLUMNS: &str = "id, name, mime, size_bytes, sha256, taken_at, aside_at";
/// Its document is there: somebody has filed it.
const FILED: &str = "(EXISTS (SELECT 1 FROM document d WHERE d.id = scan.id)
    OR EXISTS (SELECT 1 FROM desk_document d WHERE d.id = scan.id))";

/// Writes one down; one whose bytes are known stays as it is.
pub(crate) fn put(connection: &Connection, kept: &Kept) -> Result<(), Error> {
    let sql = format!("INSERT OR IGNORE INTO scan ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)");
    let Scan { id, name, mime, size_bytes, taken_at } = &kept.scan;
    connection.prepare_cached(&sql)?.execute(rusqlite::params![
        id.to_string(),
        name,
        mime,
        size_bytes,
        kept.sha256,
        taken_at.0,
        kept.aside_at.map(|at| at.0),
    ])?;
    Ok(())
}

/// The one with these bytes, and whether it is filed.
pub(crate) fn of_bytes(connection: &Connection, sha256: &str) -> Result<Option<(Kept, bool)>, Error> {
    let sql = format!("SELECT {COLUMNS}, {FILED} FROM scan WHERE sha256 = ?");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([sha256], |row| Ok((parts(row)?, row.get::<_, bool>(7)?)))
        .optional()?;
    found.map(|(parts, filed)| Ok((kept(parts)?, filed))).transpose()
}

/// One of them.
pub(crate) fn get(connection: &Connection, id: DocumentId) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM scan WHERE id = ?");
    let found = connection.prepare_cached(&sql)?.query_row([id.to_string()], parts).optional()?;
    found.map(kept).transpose()
}

/// Those that nobody has filed, in the order in which they came.
pub(crate) fn unfiled(connection: &Connection) -> Result<Vec<Kept>, Error> {
    select(connection, &format!("WHERE NOT {FILED} ORDER BY taken_at, id"))
}

/// Every one that can be read.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Kept>, Error> {
    select(connection, "")
}

/// Says that a scan belongs to nobody, or takes that back.
pub(crate) fn put_aside(
    connection: &Connection,
    id: DocumentId,
    at: Option<UtcInstant>,
) -> Result<(), Error> {
    let sql = "UPDATE scan SET aside_at = ? WHERE id = ?";
    connection.prepare_cached(sql)?.execute(rusqlite::params![at.map(|at| at.0), id.to_string()])?;
    Ok(())
}

fn select(connection: &Connection, condition: &str) -> Result<Vec<Kept>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM scan {condition}"))?;
    let rows = statement.query_map([], parts)?;
    rows.map(|row| kept(row?)).collect()
}

type Parts = (String, String, String, i64, String, i64, Option<i64>);

fn parts(row: &Row<'_>) -> rusqlite::Result<Parts> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn kept((id, name, mime, size_bytes, sha256, taken_at, aside_at): Parts) -> Result<Kept, Error> {
    let id = DocumentId(id.parse().map_err(|_| Error::BadRow { what: "scan".into() })?);
    let scan = Scan { id, name, mime, size_bytes, taken_at: UtcInstant(taken_at) };
    Ok(Kept { scan, sha256, aside_at: aside_at.map(UtcInstant) })
}
