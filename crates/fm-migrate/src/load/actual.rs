//! The rows of the target as they are, in the form in which they were made.

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use wattle_domain::row::Fields;
use wattle_domain::{ClinicId, ColumnKind, Rest, Table, TableName};

use super::reversal;
use crate::error::Error;

/// A row of the target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Actual {
    pub(crate) id: Uuid,
    pub(crate) fields: Fields,
    /// A person changed or deleted it in Wattle since.
    pub(crate) touched: bool,
    /// The hash under which it was loaded.
    pub(crate) loaded_as: String,
    /// The server has sealed its words since: nobody here can read them.
    pub(crate) sealed: bool,
}

/// How a value begins that the server has sealed.
pub(crate) const SEALED: &str = "\u{1}s";

/// The rows of a table that came from FileMaker and are not deleted; only those of some blocks, where blocks are named.
pub(crate) fn rows<'c>(
    connection: &'c mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    blocks: Option<Vec<i32>>,
) -> impl Stream<Item = Result<Actual, Error>> + Unpin + 'c {
    let some = if blocks.is_some() {
        "AND ((get_byte(uuid_send(t.id), 0) << 4) | (get_byte(uuid_send(t.id), 1) >> 4)) = ANY ($2)"
    } else {
        "AND $2::int[] IS NULL"
    };
    sqlx::query(AssertSqlSafe(format!("{} {some}", loaded(table))))
        .bind(clinic.0)
        .bind(blocks)
        .fetch(connection)
        .map(move |row| row.and_then(|row| actual(&row, table)).map_err(Error::db("reading the target")))
}

/// A row of the target without names: millions of them are read for their checksums alone.
pub(crate) struct Values {
    pub(crate) id: Uuid,
    /// One for each column of the table, in their order.
    pub(crate) values: Vec<Value>,
    /// The hash under which it was loaded, if its words rest sealed.
    pub(crate) sealed_as: Option<String>,
}

/// The same rows as [`rows`], of all blocks.
pub(crate) fn values<'c>(
    connection: &'c mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
) -> impl Stream<Item = Result<Values, Error>> + Unpin + 'c {
    let read = move |row: PgRow| -> Result<Values, sqlx::Error> {
        let values = (2..).zip(table.columns).map(|(i, column)| value(&row, i, column.kind));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let mut columns = table.columns.iter().zip(&values);
        let sealed = columns.any(|(column, value)| column.rest != Rest::Open && is_sealed(Some(value)));
        let loaded_as = || row.try_get(table.columns.len() + 2);
        let sealed_as = sealed.then(loaded_as).transpose()?;
        Ok(Values { id: row.try_get(0)?, values, sealed_as })
    };
    sqlx::query(AssertSqlSafe(loaded(table)))
        .bind(clinic.0)
        .fetch(connection)
        .map(move |row| row.and_then(read).map_err(Error::db("reading the target")))
}

/// The rows that came from FileMaker, as [`actual`] reads them.
fn loaded(table: &Table) -> String {
    format!(
        "SELECT t.id, t.updated_by IS NOT NULL, {}, m.row_hash FROM clinic.{1} t
         JOIN clinic.migration_map m ON m.clinic_id = $1 AND m.table_name = '{1}' AND m.row_id = t.id
         WHERE t.clinic_id = $1 AND t.deleted_at IS NULL",
        chosen(table),
        table.sql
    )
}

/// Whether a value of these tables rests sealed, by one row of each: the server seals a table from its one end to the other.
pub(crate) async fn any_sealed(
    connection: &mut PgConnection,
    clinic: ClinicId,
    tables: &[TableName],
) -> Result<bool, Error> {
    let columns =
        tables.iter().flat_map(|name| name.table().sealed().map(|column| (name.table().sql, column.name)));
    let asked = columns.map(|(table, column)| {
        format!(
            "(SELECT starts_with(\"{column}\"::text, $2) FROM clinic.{table} WHERE clinic_id = $1 AND \"{column}\" IS NOT NULL LIMIT 1)"
        )
    });
    let sql = format!(
        "SELECT coalesce(bool_or(found), false) FROM unnest(ARRAY[{}]) AS found",
        asked.collect::<Vec<_>>().join(", ")
    );
    let found =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(clinic.0).bind(SEALED).fetch_one(connection).await;
    found.map_err(Error::db("looking for what rests sealed"))
}

/// Whether a value rests sealed.
pub(crate) fn is_sealed(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| text.starts_with(SEALED))
}

/// Whether a column of a row can be compared: not one that may rest sealed, in a row that does.
pub(crate) fn is_readable(table: &Table, column: &str, sealed: bool) -> bool {
    !sealed || table.column(column).is_some_and(|c| c.rest == Rest::Open)
}

/// A row as [`chosen`] chooses its columns.
pub(super) fn actual(row: &PgRow, table: &Table) -> Result<Actual, sqlx::Error> {
    let mut fields = Fields::new();
    for (i, column) in (2..).zip(table.columns) {
        fields.insert(column.name.to_owned(), value(row, i, column.kind)?);
    }
    let sealed = table.sealed().any(|column| is_sealed(fields.get(column.name)));
    let loaded_as = row.try_get(table.columns.len() + 2)?;
    Ok(Actual { id: row.try_get(0)?, fields, touched: row.try_get(1)?, loaded_as, sealed })
}

/// A column in its wire form.
fn value(row: &PgRow, i: usize, kind: ColumnKind) -> Result<Value, sqlx::Error> {
    let value = match kind {
        ColumnKind::Text | ColumnKind::Date => row.try_get::<Option<String>, _>(i)?.map(Value::from),
        ColumnKind::Int => row.try_get::<Option<i64>, _>(i)?.map(Value::from),
        ColumnKind::Instant => {
            row.try_get::<Option<DateTime<Utc>>, _>(i)?.map(|at| at.timestamp_millis().into())
        }
        ColumnKind::Bool => row.try_get::<Option<bool>, _>(i)?.map(Value::from),
        ColumnKind::Uuid => row.try_get::<Option<Uuid>, _>(i)?.map(|id| id.to_string().into()),
        ColumnKind::Json => {
            let text = row.try_get::<Option<&str>, _>(i)?;
            text.and_then(|t| serde_json::from_str(t).ok())
        }
    };
    Ok(value.unwrap_or(Value::Null))
}

/// The row that stands for another by now: where rows never change, the last of those that replace it, or that came after it
/// was taken back.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    id: Uuid,
) -> Result<Uuid, Error> {
    if reversal::takes_back(table) {
        return reversal::newest(connection, clinic, table, id).await;
    }
    if !table.append_only || table.column("supersedes").is_none() {
        return Ok(id);
    }
    let sql = format!(
        "WITH RECURSIVE chain (id, n) AS (
             SELECT $2::uuid, 0
             UNION ALL SELECT t.id, n + 1 FROM clinic.{} t JOIN chain ON t.supersedes = chain.id
             WHERE t.clinic_id = $1 AND n < 1000)
         SELECT id FROM chain ORDER BY n DESC LIMIT 1",
        table.sql
    );
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).bind(clinic.0).bind(id).fetch_one(connection).await;
    found.map_err(Error::db("looking for the newest row"))
}

/// One row, if it is there and not deleted.
pub(crate) async fn one(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    id: Uuid,
) -> Result<Option<Actual>, Error> {
    let sql = format!(
        "SELECT t.id, t.updated_by IS NOT NULL, {}, '' FROM clinic.{} t WHERE t.clinic_id = $1 AND t.id = $2 AND t.deleted_at IS NULL",
        chosen(table),
        table.sql
    );
    let found = sqlx::query(AssertSqlSafe(sql)).bind(clinic.0).bind(id).fetch_optional(connection).await;
    let read = found.and_then(|row| row.map(|row| actual(&row, table)).transpose());
    read.map_err(Error::db("reading a row of the target"))
}

/// The columns in the types that [`actual`] reads.
pub(super) fn chosen(table: &Table) -> String {
    let columns = table.columns.iter().map(|c| {
        let name = c.name;
        match c.kind {
            ColumnKind::Text | ColumnKind::Date | ColumnKind::Json => format!("t.\"{name}\"::text"),
            ColumnKind::Int => format!("t.\"{name}\"::bigint"),
            ColumnKind::Bool | ColumnKind::Uuid | ColumnKind::Instant => format!("t.\"{name}\""),
        }
    });
    columns.collect::<Vec<_>>().join(", ")
}
