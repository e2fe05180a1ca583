//! Rows of the synced tables, written as decided.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use wattle_domain::{Fields, RowChange, TableName};

use super::table_sql;
use crate::seal::Sealer;

/// Writes decided changes, sealing what is to rest sealed: one statement for the new rows of each table, parents first, then one for each set of columns
/// that change. Several changes of a row are one write.
///
/// A change that meets no row, or that names no column, is a fault.
pub(crate) async fn write(
    connection: &mut PgConnection,
    sealer: &Sealer,
    changes: &[RowChange],
) -> Result<(), sqlx::Error> {
    let clinic = sealer.clinic();
    let mut inserts: BTreeMap<TableName, Vec<(usize, Written<'_>)>> = BTreeMap::new();
    let mut updates: BTreeMap<(TableName, String), Vec<Written<'_>>> = BTreeMap::new();
    for ((table, id), Merged { at, is_new, fields }) in merged(changes)? {
        let mut row = Written { id, fields };
        let text = (!is_new).then(|| table_sql::update(table.table(), &row.fields));
        if table.table().sealed().any(|column| row.fields.contains_key(column.name)) {
            sealer.seal_fields(table.table(), id, row.fields.to_mut())?;
        }
        let Some(text) = text else {
            inserts.entry(table).or_default().push((at, row));
            continue;
        };
        let text = text.ok_or_else(|| fault(table, "names an unknown column"))?;
        updates.entry((table, text)).or_default().push(row);
    }
    for (table, mut rows) in inserts {
        rows.sort_by_key(|(at, _)| *at);
        let rows: Vec<Written<'_>> = rows.into_iter().map(|(_, row)| row).collect();
        let query = sqlx::query(AssertSqlSafe(table_sql::of(table).insert.as_str()));
        let done = query.bind(clinic.0).bind(Json(&rows)).execute(&mut *connection).await?;
        met_all(table, rows.len(), done.rows_affected())?;
    }
    for ((table, text), rows) in &updates {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let query = sqlx::query(AssertSqlSafe(text.as_str()));
        let done = query.bind(clinic.0).bind(Json(rows)).bind(ids).execute(&mut *connection).await?;
        met_all(*table, rows.len(), done.rows_affected())?;
    }
    Ok(())
}

/// A row as the statements take it.
#[derive(Serialize)]
struct Written<'a> {
    id: Uuid,
    fields: Cow<'a, Fields>,
}

/// All changes of one row.
struct Merged<'a> {
    /// The place of the first: new rows are written in the order in which they were decided.
    at: usize,
    is_new: bool,
    fields: Cow<'a, Fields>,
}

fn merged(changes: &[RowChange]) -> Result<BTreeMap<(TableName, Uuid), Merged<'_>>, sqlx::Error> {
    let mut rows: BTreeMap<_, Merged<'_>> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let is_new = change.base_rev.is_none();
        match rows.entry((change.table, change.id)) {
            Entry::Vacant(entry) => {
                entry.insert(Merged { at, is_new, fields: Cow::Borrowed(&change.set) });
            }
            Entry::Occupied(_) if is_new => return Err(fault(change.table, "makes a row twice")),
            Entry::Occupied(mut entry) => {
                let later = change.set.iter().map(|(name, value)| (name.clone(), value.clone()));
                entry.get_mut().fields.to_mut().extend(later);
            }
        }
    }
    Ok(rows)
}

fn met_all(table: TableName, rows: usize, met: u64) -> Result<(), sqlx::Error> {
    if usize::try_from(met) == Ok(rows) { Ok(()) } else { Err(fault(table, "met no row")) }
}

fn fault(table: TableName, what: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a change of {} {what}", table.as_str()))
}
