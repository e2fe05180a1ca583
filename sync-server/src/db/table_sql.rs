//! Statements over the synced tables, made once from their descriptions. The only text in them is ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use uuid::Uuid;
use wattle_domain::{ClinicId, Column, ColumnKind, Fields, Rest, Table, TableName};

use crate::seal::mark_name;

/// The statements of one table.
pub(crate) struct TableSql {
    /// Selects rows as one JSON array each: the common columns, then the table's, by `clinic_id` and `id = ANY`.
    pub rows: String,
    /// The same, and locks them in the order of their ids.
    pub rows_locked: String,
    /// The JSON array alone, for statements with their own conditions.
    pub array: String,
    /// `INSERT` of rows in their order, for clinic `$1` from one JSON array `$2` of `{"id", "fields"}`.
    pub insert: String,
    /// The columns for a binary COPY, in the same order as the array.
    pub copy_columns: String,
}

static ALL: LazyLock<BTreeMap<TableName, TableSql>> =
    LazyLock::new(|| TableName::ALL.iter().map(|&name| (name, build(name.table()))).collect());

static EMPTY: LazyLock<TableSql> = LazyLock::new(|| TableSql {
    rows: String::new(),
    rows_locked: String::new(),
    array: String::new(),
    insert: String::new(),
    copy_columns: String::new(),
});

/// The statements of a table.
pub(crate) fn of(name: TableName) -> &'static TableSql {
    ALL.get(&name).unwrap_or(&EMPTY)
}

fn build(table: &Table) -> TableSql {
    let array = array(table);
    let from = format!("FROM clinic.{} WHERE clinic_id = $1 AND id = ANY ($2) ORDER BY id", table.sql);
    let own = table.columns.iter().map(|c| (c.name.to_owned(), from_json(c, "r.fields")));
    let marks = table.columns.iter().filter_map(|c| mark(c, "r.fields"));
    let (names, values): (Vec<String>, Vec<String>) = own.chain(marks).unzip();
    let (names, values) = (names.join(", "), values.join(", "));
    TableSql {
        rows: format!("SELECT {array} {from}"),
        rows_locked: format!("SELECT {array} {from} FOR NO KEY UPDATE"),
        array,
        insert: format!(
            "INSERT INTO clinic.{} (clinic_id, id, {names}) SELECT $1, r.id, {values} \
             FROM ROWS FROM (jsonb_to_recordset($2) AS (id uuid, fields jsonb)) WITH ORDINALITY AS r (id, fields, nth) \
             ORDER BY r.nth",
            table.sql
        ),
        copy_columns: copy_columns(table),
    }
}

/// Selects rows of several tables of clinic `$1`, in the order of the tables and of their ids: the table's place, the id,
/// the row as one JSON array. The ids of the first table are `$2`, those of the next `$3` and so on.
pub(crate) fn rows_of(tables: &[TableName]) -> String {
    let selects = tables.iter().enumerate().map(|(place, table)| {
        format!(
            "(SELECT {place}, id, {} FROM clinic.{} WHERE clinic_id = $1 AND id = ANY (${}) ORDER BY id)",
            of(*table).array,
            table.as_str(),
            place + 2
        )
    });
    selects.collect::<Vec<_>>().join(" UNION ALL ")
}

/// `UPDATE` of the columns that `set` names, of rows `$3` of clinic `$1` from one JSON array `$2` of `{"id", "fields"}`;
/// `None` for an unknown column or an empty set.
pub(crate) fn update(table: &Table, set: &Fields) -> Option<String> {
    let mut parts = Vec::with_capacity(set.len());
    // In the table's order, so that the same set gives the same text and the statement is prepared once.
    for column in table.columns.iter().filter(|c| set.contains_key(c.name)) {
        parts.push(format!("{} = {}", column.name, from_json(column, "r.fields")));
    }
    if parts.is_empty() || parts.len() != set.len() {
        return None;
    }
    let marks = table.columns.iter().filter(|c| set.contains_key(c.name)).filter_map(|c| mark(c, "r.fields"));
    parts.extend(marks.map(|(name, value)| format!("{name} = {value}")));
    Some(format!(
        "UPDATE clinic.{} AS t SET {} FROM jsonb_to_recordset($2) AS r (id uuid, fields jsonb) \
         WHERE t.clinic_id = $1 AND t.id = ANY ($3) AND t.id = r.id",
        table.sql,
        parts.join(", ")
    ))
}

/// The statement that copies rows, all or some, in the order of their ids. COPY takes no parameters; what is put in are
/// ids, as hexadecimal digits and hyphens.
pub(crate) fn copy_rows(name: TableName, clinic: ClinicId, ids: Option<&[Uuid]>) -> String {
    let some = ids.map(|ids| {
        let list: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        format!(" AND id = ANY ('{{{}}}'::uuid[])", list.join(","))
    });
    copy(name, &of(name).copy_columns, clinic, &format!("{} ORDER BY id", some.unwrap_or_default()))
}

/// The same for the whole rows of one bucket, in any order.
pub(crate) fn copy_bucket(name: TableName, clinic: ClinicId, bucket: u8) -> String {
    copy(name, &of(name).copy_columns, clinic, &in_buckets(&[bucket]))
}

/// The same for the stamps of all rows, or of those of some buckets, in any order.
pub(crate) fn copy_stamps(name: TableName, clinic: ClinicId, buckets: Option<&[u8]>) -> String {
    copy(name, "id, rev, updated_at", clinic, &buckets.map(in_buckets).unwrap_or_default())
}

fn in_buckets(buckets: &[u8]) -> String {
    let list: Vec<String> = buckets.iter().map(u8::to_string).collect();
    format!(" AND get_byte(uuid_send(id), 15) IN ({})", list.join(","))
}

fn copy(name: TableName, columns: &str, clinic: ClinicId, and: &str) -> String {
    format!(
        "COPY (SELECT {columns} FROM clinic.{} WHERE clinic_id = '{clinic}'{and}) TO STDOUT (FORMAT binary)",
        name.as_str()
    )
}

/// A column out of a JSON object, as its own type.
fn from_json(column: &Column, object: &str) -> String {
    let text = format!("({object}->>'{}')", column.name);
    match column.kind {
        ColumnKind::Text => text,
        ColumnKind::Int => format!("{text}::bigint"),
        ColumnKind::Bool => format!("{text}::boolean"),
        ColumnKind::Date => format!("{text}::date"),
        ColumnKind::Instant => format!("sync.instant({text}::bigint)"),
        ColumnKind::Uuid => format!("{text}::uuid"),
        // A JSON null is a value here: "the field was empty" is one of the two sides of a conflict.
        ColumnKind::Json if column.optional => format!("nullif({object}->'{}', 'null')", column.name),
        ColumnKind::Json => format!("({object}->'{}')", column.name),
    }
}

/// The column of the hash beside a matched column, and its value out of a JSON object: null where nothing is sealed.
fn mark(column: &Column, object: &str) -> Option<(String, String)> {
    let name = mark_name(column.name);
    let value = format!("decode({object}->>'{name}', 'base64')");
    (column.rest == Rest::Matched).then_some((name, value))
}

fn array(table: &Table) -> String {
    let mut text = "json_build_array(id, rev, sync.millis(created_at), created_by, sync.millis(updated_at), \
         updated_by, origin_workstation, sync.millis(deleted_at), deleted_reason"
        .to_owned();
    for column in table.columns {
        let _ = match column.kind {
            ColumnKind::Instant => write!(text, ", sync.millis({})", column.name),
            _ => write!(text, ", {}", column.name),
        };
    }
    text.push_str(")::text");
    text
}

fn copy_columns(table: &Table) -> String {
    let mut text =
        "id, rev, created_at, created_by, updated_at, updated_by, origin_workstation, deleted_at, deleted_reason"
            .to_owned();
    for column in table.columns {
        let _ = match column.kind {
            ColumnKind::Json => write!(text, ", {}::text", column.name),
            _ => write!(text, ", {}", column.name),
        };
    }
    text
}
