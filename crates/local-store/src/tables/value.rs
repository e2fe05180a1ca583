//! One value: JSON on the wire, a native type in SQLite.

use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::ColumnKind;

/// A value that does not fit its column; says what was expected, never what was there.
#[derive(Debug)]
pub(crate) struct Misfit(pub &'static str);

/// JSON to SQLite. Borrows what can be borrowed: a first sync binds millions of these.
pub(crate) fn to_sql(kind: ColumnKind, optional: bool, value: &Value) -> Result<ToSqlOutput<'_>, Misfit> {
    match (kind, value) {
        // A JSON column that may not be null still holds JSON's own null.
        (ColumnKind::Json, Value::Null) if !optional => Ok(text("null")),
        (_, Value::Null) if optional => Ok(ToSqlOutput::Owned(Sql::Null)),
        (_, Value::Null) => Err(Misfit("a value")),
        (ColumnKind::Json, value) => Ok(ToSqlOutput::Owned(Sql::Text(value.to_string()))),
        (ColumnKind::Text | ColumnKind::Date, Value::String(value)) => Ok(text(value)),
        (ColumnKind::Text | ColumnKind::Date, _) => Err(Misfit("text")),
        (ColumnKind::Uuid, Value::String(value)) => uuid(value),
        (ColumnKind::Uuid, _) => Err(Misfit("a UUID")),
        (ColumnKind::Int | ColumnKind::Instant, value) => {
            value.as_i64().map(|i| ToSqlOutput::Owned(Sql::Integer(i))).ok_or(Misfit("an integer"))
        }
        (ColumnKind::Bool, Value::Bool(value)) => Ok(ToSqlOutput::Owned(Sql::Integer(i64::from(*value)))),
        (ColumnKind::Bool, _) => Err(Misfit("true or false")),
    }
}

fn text(value: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes()))
}

/// Ids are compared as text, so there is one form of them: lower case with hyphens.
fn uuid(value: &str) -> Result<ToSqlOutput<'_>, Misfit> {
    let id = Uuid::parse_str(value).map_err(|_| Misfit("a UUID"))?;
    let canonical = value.len() == 36 && !value.bytes().any(|b| b.is_ascii_uppercase());
    Ok(if canonical { text(value) } else { ToSqlOutput::Owned(Sql::Text(id.to_string())) })
}

/// SQLite to JSON.
pub(crate) fn to_json(kind: ColumnKind, value: ValueRef<'_>) -> Result<Value, Misfit> {
    match (kind, value) {
        (_, ValueRef::Null) => Ok(Value::Null),
        (ColumnKind::Bool, ValueRef::Integer(i)) => Ok(Value::Bool(i != 0)),
        (_, ValueRef::Integer(i)) => Ok(Value::from(i)),
        (ColumnKind::Json, ValueRef::Text(bytes)) => {
            serde_json::from_slice(bytes).map_err(|_| Misfit("JSON"))
        }
        (_, ValueRef::Text(bytes)) => {
            String::from_utf8(bytes.to_vec()).map(Value::String).map_err(|_| Misfit("UTF-8"))
        }
        _ => Err(Misfit("text or an integer")),
    }
}
