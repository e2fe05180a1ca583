//! Rows as the wire has them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use wattle_domain::{Row, TableName};
use wattle_protocol::pull::Frame;

/// Rows of one table. Columns that only some rows have (a newer schema's) come for all of them.
#[must_use]
pub fn rows(table: TableName, rows: &[Arc<Row>]) -> Frame {
    let description = table.table();
    let mut columns: Vec<String> = description.columns.iter().map(|c| c.name.to_owned()).collect();
    let unknown: BTreeSet<&String> =
        rows.iter().flat_map(|r| r.fields.keys()).filter(|name| description.column(name).is_none()).collect();
    columns.extend(unknown.into_iter().cloned());
    let values = |row: &Arc<Row>| -> Vec<Value> {
        let a = &row.attribution;
        let mut values = vec![
            json!(row.id),
            json!(row.rev),
            json!(a.created_at),
            json!(a.created_by),
            json!(a.updated_at),
            json!(a.updated_by),
            json!(a.origin_workstation),
            json!(a.deleted_at),
            json!(a.deleted_reason),
        ];
        values.extend(columns.iter().map(|name| row.field(name).clone()));
        values
    };
    let rows = rows.iter().map(values).collect();
    Frame::Rows { feed: description.class, table: table.as_str().to_owned(), columns, rows }
}
