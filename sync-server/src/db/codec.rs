//! One row out of the JSON array that [`super::table_sql::TableSql::array`] builds.

use serde_json::Value;
use wattle_domain::attribution::Attribution;
use wattle_domain::ids::Rev;
use wattle_domain::{Fields, Row, Table, UserId, UtcInstant, WorkstationId};

/// Reads a row; a text that is not such an array is a fault of ours.
pub(crate) fn row(table: &Table, text: &str) -> Result<Row, sqlx::Error> {
    let values: Vec<Value> = serde_json::from_str(text).map_err(|_| shape(table))?;
    let mut values = values.into_iter();
    let mut next = || values.next().unwrap_or(Value::Null);
    let id = parse(next(), table)?;
    let rev = Rev(next().as_i64().unwrap_or_default());
    let attribution = Attribution {
        created_at: instant(&next()).unwrap_or_default(),
        created_by: parse::<Option<UserId>>(next(), table)?,
        updated_at: instant(&next()).unwrap_or_default(),
        updated_by: parse::<Option<UserId>>(next(), table)?,
        origin_workstation: parse::<Option<WorkstationId>>(next(), table)?,
        deleted_at: instant(&next()),
        deleted_reason: parse(next(), table)?,
    };
    let fields: Fields = table.columns.iter().map(|c| (c.name.to_owned(), next())).collect();
    Ok(Row { id, rev, attribution, fields })
}

fn instant(value: &Value) -> Option<UtcInstant> {
    value.as_i64().map(UtcInstant)
}

fn parse<T: serde::de::DeserializeOwned>(value: Value, table: &Table) -> Result<T, sqlx::Error> {
    serde_json::from_value(value).map_err(|_| shape(table))
}

fn shape(table: &Table) -> sqlx::Error {
    sqlx::Error::Protocol(format!("a row of {} has another shape", table.sql))
}
