//! Footprints of the commands in effect: the rows and ranges that each looked at and changed in its last run.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::{Read, Row, TableName};

use crate::error::Error;

/// A place in a range that commands may look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub scope: String,
    pub from: i64,
    pub to: i64,
}

/// The span that a read looks at, if it is a range.
pub(crate) fn span_of_read(read: &Read) -> Option<Span> {
    match read {
        Read::Book { practitioner, from, to } => {
            Some(Span { scope: format!("book/{practitioner}"), from: from.0, to: to.0 })
        }
        Read::OfPatient(table, patient) => {
            Some(Span { scope: format!("{}/{patient}", table.as_str()), from: 0, to: 1 })
        }
        Read::Row(..) | Read::NextRecordNumber => None,
    }
}

/// Where a row lies in the ranges that commands may look at.
pub(crate) fn spans_of_row(table: TableName, row: &Row) -> Vec<Span> {
    let mut spans = Vec::new();
    let text = |name: &str| row.field(name).as_str();
    if let Some(patient) = text("patient_id") {
        spans.push(Span { scope: format!("{}/{patient}", table.as_str()), from: 0, to: 1 });
    }
    if table == TableName::Appointment
        && let (Some(practitioner), Some(from), Some(to)) =
            (text("practitioner_id"), row.field("start_at").as_i64(), row.field("end_at").as_i64())
    {
        spans.push(Span { scope: format!("book/{practitioner}"), from, to });
    }
    spans
}

/// Writes down what a command looks at.
pub(crate) fn looked(connection: &Connection, n: i64, reads: &[Read]) -> Result<(), Error> {
    for read in reads {
        if let Read::Row(table, id) = read {
            looked_at(connection, n, *table, *id)?;
        }
        if let Some(span) = span_of_read(read) {
            add_span(connection, n, &span, false)?;
        }
    }
    Ok(())
}

/// Writes down that a command looks at a row.
pub(crate) fn looked_at(connection: &Connection, n: i64, table: TableName, id: Uuid) -> Result<(), Error> {
    row(connection, n, table, id, false)
}

/// Writes down what a command changed.
pub(crate) fn wrote(
    connection: &Connection,
    n: i64,
    table: TableName,
    before: Option<&Row>,
    after: &Row,
) -> Result<(), Error> {
    row(connection, n, table, after.id, true)?;
    let spans: BTreeSet<Span> =
        before.into_iter().chain([after]).flat_map(|row| spans_of_row(table, row)).collect();
    spans.iter().try_for_each(|span| add_span(connection, n, span, true))
}

fn row(connection: &Connection, n: i64, table: TableName, id: Uuid, wrote: bool) -> Result<(), Error> {
    let sql = "INSERT INTO pending_row (n, tbl, id, wrote) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(rusqlite::params![n, table.as_str(), id.to_string(), wrote])?;
    Ok(())
}

fn add_span(connection: &Connection, n: i64, span: &Span, wrote: bool) -> Result<(), Error> {
    let sql = "INSERT INTO pending_span (n, scope, from_at, to_at, wrote) VALUES (?, ?, ?, ?, ?)";
    connection.prepare_cached(sql)?.execute(rusqlite::params![n, span.scope, span.from, span.to, wrote])?;
    Ok(())
}

/// Forgets the footprint of a command.
pub(crate) fn forget(connection: &Connection, n: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM pending_row WHERE n = ?")?.execute([n])?;
    connection.prepare_cached("DELETE FROM pending_span WHERE n = ?")?.execute([n])?;
    Ok(())
}

/// Rows that a command looked at or changed.
pub(crate) fn rows_of(connection: &Connection, n: i64, wrote: bool) -> Result<Vec<(TableName, Uuid)>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT tbl, id FROM pending_row WHERE n = ? AND wrote = ?")?;
    let rows = statement.query_map(rusqlite::params![n, wrote], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        let (table, id) = row?;
        let bad = || Error::BadRow { what: format!("footprint of command {n}") };
        Ok((table.parse().map_err(|_| bad())?, Uuid::parse_str(&id).map_err(|_| bad())?))
    })
    .collect()
}

/// Ranges that a command looked at or changed something in.
pub(crate) fn spans_of(connection: &Connection, n: i64, wrote: bool) -> Result<Vec<Span>, Error> {
    let sql = "SELECT scope, from_at, to_at FROM pending_span WHERE n = ? AND wrote = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(rusqlite::params![n, wrote], |row| {
        Ok(Span { scope: row.get(0)?, from: row.get(1)?, to: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Commands that looked at (`false`) or changed (`true`) a row.
pub(crate) fn at_row(
    connection: &Connection,
    table: TableName,
    id: Uuid,
    wrote: bool,
) -> Result<Vec<i64>, Error> {
    let sql = "SELECT n FROM pending_row WHERE tbl = ? AND id = ? AND wrote = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map(rusqlite::params![table.as_str(), id.to_string(), wrote], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Commands that looked at (`false`) or changed something in (`true`) a range.
pub(crate) fn at_span(connection: &Connection, span: &Span, wrote: bool) -> Result<Vec<i64>, Error> {
    let sql = "SELECT n FROM pending_span WHERE scope = ? AND wrote = ? AND from_at < ? AND to_at > ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows =
        statement.query_map(rusqlite::params![span.scope, wrote, span.to, span.from], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
