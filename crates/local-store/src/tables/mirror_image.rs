//! The server's row of everything that a pending command has changed.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use wattle_domain::{Row, TableName};

use crate::error::Error;

/// Keeps the row that is about to be changed, unless the server's is kept already.
pub(crate) fn keep(
    connection: &Connection,
    table: TableName,
    id: Uuid,
    row: Option<&Row>,
) -> Result<(), Error> {
    let text = row.map(serde_json::to_string).transpose().map_err(|_| bad(table, id))?;
    let sql = "INSERT INTO mirror_image (tbl, id, row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(rusqlite::params![table.as_str(), id.to_string(), text])?;
    Ok(())
}

/// The server's row, if one is kept: `Some(None)` when the server has none.
pub(crate) fn get(connection: &Connection, table: TableName, id: Uuid) -> Result<Option<Option<Row>>, Error> {
    let mut statement = connection.prepare_cached("SELECT row FROM mirror_image WHERE tbl = ? AND id = ?")?;
    let found: Option<Option<String>> =
        statement.query_row([table.as_str(), &id.to_string()], |row| row.get(0)).optional()?;
    Ok(found.map(|row| row.and_then(|text| read(table, id, &text))))
}

/// An image that cannot be read is none: the row is taken for one that the server has not, until a digest finds it.
fn read(table: TableName, id: Uuid, text: &str) -> Option<Row> {
    let row = serde_json::from_str(text).ok();
    if row.is_none() {
        tracing::warn!(table = table.as_str(), %id, "a kept row cannot be read");
    }
    row
}

/// The server's rows of everything in a table that a pending command has changed; `None` where the server has none.
pub(crate) fn of_table(
    connection: &Connection,
    table: TableName,
) -> Result<BTreeMap<Uuid, Option<Row>>, Error> {
    let mut statement = connection.prepare_cached("SELECT id, row FROM mirror_image WHERE tbl = ?")?;
    let rows = statement.query_map([table.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    rows.map(|row| {
        let (id, row) = row?;
        let id = Uuid::parse_str(&id).map_err(|_| bad(table, Uuid::nil()))?;
        Ok((id, row.and_then(|text| read(table, id, &text))))
    })
    .collect()
}

/// Takes the image away: the table has the server's row again.
pub(crate) fn forget(connection: &Connection, table: TableName, id: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM mirror_image WHERE tbl = ? AND id = ?";
    connection.prepare_cached(sql)?.execute([table.as_str(), &id.to_string()])?;
    Ok(())
}

fn bad(table: TableName, id: Uuid) -> Error {
    Error::BadRow { what: format!("mirror image of {id} in {}", table.as_str()) }
}
