//! The synced tables, read and written from the description of each alone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::schedule::LONGEST_MIN;
use wattle_domain::{
    ColumnKind, Fields, PatientId, PractitionerId, Rev, Row, Table, TableName, UserId, UtcInstant,
    WorkstationId,
};
use wattle_protocol::pull::COMMON_COLUMNS;

use crate::error::Error;
use crate::tables::value::{self, Misfit};

/// Kind and optionality of [`COMMON_COLUMNS`].
const COMMON_KINDS: [(ColumnKind, bool); 9] = [
    (ColumnKind::Uuid, false),
    (ColumnKind::Int, false),
    (ColumnKind::Instant, false),
    (ColumnKind::Uuid, true),
    (ColumnKind::Instant, false),
    (ColumnKind::Uuid, true),
    (ColumnKind::Uuid, true),
    (ColumnKind::Instant, true),
    (ColumnKind::Text, true),
];

struct TableSql {
    select: String,
    upsert: String,
    delete: String,
}

static SQL: LazyLock<BTreeMap<TableName, TableSql>> =
    LazyLock::new(|| TableName::ALL.iter().map(|&name| (name, TableSql::of(name.table()))).collect());

impl TableSql {
    fn of(table: &Table) -> Self {
        let columns: Vec<&str> =
            COMMON_COLUMNS.into_iter().chain(table.columns.iter().map(|c| c.name)).chain(["extra"]).collect();
        let names = columns.join(", ");
        let places = vec!["?"; columns.len()].join(", ");
        let sets: Vec<String> = columns.iter().skip(1).map(|c| format!("{c} = excluded.{c}")).collect();
        let sql = table.sql;
        Self {
            select: format!("SELECT {names} FROM {sql}"),
            upsert: format!(
                "INSERT INTO {sql} ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {}",
                sets.join(", ")
            ),
            delete: format!("DELETE FROM {sql} WHERE id = ?"),
        }
    }
}

fn sql(table: TableName) -> Result<&'static TableSql, Error> {
    SQL.get(&table).ok_or_else(|| bad(table, None))
}

fn bad(table: TableName, id: Option<Uuid>) -> Error {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    Error::BadRow { what: format!("row {id} of {}", table.as_str()) }
}

/// One row.
pub(crate) fn get(connection: &Connection, table: TableName, id: Uuid) -> Result<Option<Row>, Error> {
    let mut statement = connection.prepare_cached(&format!("{} WHERE id = ?", sql(table)?.select))?;
    statement.query_row([id.to_string()], |row| Ok(read(table, row))).optional()?.transpose()
}

/// What a row that is about to be written by the server's word was. One that cannot be read is as good as none.
pub(crate) fn before(connection: &Connection, table: TableName, id: Uuid) -> Result<Option<Row>, Error> {
    match get(connection, table, id) {
        Err(Error::BadRow { what }) => {
            tracing::warn!(what, "a row cannot be read");
            Ok(None)
        }
        read => read,
    }
}

/// The rows that a condition over the table's columns selects.
pub(crate) fn select(
    connection: &Connection,
    table: TableName,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(&format!("{} {condition}", sql(table)?.select))?;
    let rows = statement.query_map(parameters, |row| Ok(read(table, row)))?;
    rows.map(|row| row?).collect()
}

/// As [`select`], without the rows that do not fit their description.
pub(crate) fn readable(
    connection: &Connection,
    table: TableName,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Row>, Error> {
    let mut statement = connection.prepare_cached(&format!("{} {condition}", sql(table)?.select))?;
    let rows = statement.query_map(parameters, |row| Ok(read(table, row)))?;
    let mut readable = Vec::new();
    for row in rows {
        match row? {
            Ok(row) => readable.push(row),
            Err(Error::BadRow { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(readable)
}

/// All rows of a table that belong to a patient.
pub(crate) fn of_patient(
    connection: &Connection,
    table: TableName,
    patient: PatientId,
) -> Result<Vec<Row>, Error> {
    if table.table().column("patient_id").is_none() {
        return Ok(Vec::new());
    }
    select(connection, table, "WHERE patient_id = ?", [patient.to_string()])
}

/// The appointments of a practitioner that touch a span and occupy time.
pub(crate) fn book(
    connection: &Connection,
    practitioner: PractitionerId,
    from: UtcInstant,
    to: UtcInstant,
) -> Result<Vec<Row>, Error> {
    select(
        connection,
        TableName::Appointment,
        "WHERE practitioner_id = ? AND start_at >= ? AND start_at < ? AND end_at > ?
         AND status NOT IN ('cancelled', 'did_not_attend')",
        rusqlite::params![practitioner.to_string(), from.plus_minutes(-LONGEST_MIN).0, to.0, from.0],
    )
}

/// Whether a table has no row.
pub(crate) fn is_empty(connection: &Connection, table: TableName) -> Result<bool, Error> {
    let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", table.as_str());
    Ok(connection.query_row(&sql, [], |row| row.get(0))?)
}

/// Ids of all rows of a table.
pub(crate) fn ids(connection: &Connection, table: TableName) -> Result<Vec<Uuid>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT id FROM {}", table.as_str()))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|id| parse(table, &id?)).collect()
}

/// Removes a row; says whether there was one.
pub(crate) fn delete(connection: &Connection, table: TableName, id: Uuid) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(&sql(table)?.delete)?;
    Ok(statement.execute([id.to_string()])? > 0)
}

/// Removes all rows of a table.
pub(crate) fn clear(connection: &Connection, table: TableName) -> Result<(), Error> {
    connection.execute_batch(&format!("DELETE FROM {}", table.as_str()))?;
    Ok(())
}

/// Writes a row whole, columns that this version does not know included.
pub(crate) fn put(connection: &Connection, table: TableName, row: &Row) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(&sql(table)?.upsert)?;
    let mut bind = Binder { statement: &mut statement, at: 0 };
    bind.next(id_text(Some(row.id)))?;
    for (_, value) in values(table, row) {
        bind.next(value?)?;
    }
    statement.raw_execute()?;
    Ok(())
}

/// Writes what differs between a row and what the table holds of it. SQLite takes an index entry out and puts it in again
/// for every column that a statement names, changed or not, and on a large encrypted file each is a page to decrypt.
pub(crate) fn put_over(
    connection: &Connection,
    table: TableName,
    row: &Row,
    before: &Row,
) -> Result<(), Error> {
    let mut changed = Vec::new();
    for ((name, now), (_, was)) in values(table, row).zip(values(table, before)) {
        let now = now?;
        if was.map_or(true, |was| was != now) {
            changed.push((name, now));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let sets: Vec<String> = changed.iter().map(|(name, _)| format!("{name} = ?")).collect();
    let text = format!("UPDATE {} SET {} WHERE id = ?", table.as_str(), sets.join(", "));
    let mut statement = connection.prepare_cached(&text)?;
    let mut bind = Binder { statement: &mut statement, at: 0 };
    for (_, value) in changed {
        bind.next(value)?;
    }
    bind.next(id_text(Some(row.id)))?;
    if statement.raw_execute()? == 0 {
        return put(connection, table, row);
    }
    Ok(())
}

/// The columns of a row after its id, by name, as SQLite has them.
fn values<'r>(
    table: TableName,
    row: &'r Row,
) -> impl Iterator<Item = (&'static str, Result<ToSqlOutput<'r>, Error>)> {
    let description = table.table();
    let a = &row.attribution;
    let instant = |at: Option<UtcInstant>| at.map_or(ToSqlOutput::Owned(Sql::Null), |at| int(at.0));
    let reason = a.deleted_reason.clone().map_or(Sql::Null, Sql::Text);
    let common = [
        int(row.rev.0),
        int(a.created_at.0),
        id_text(a.created_by.map(|u| u.0)),
        int(a.updated_at.0),
        id_text(a.updated_by.map(|u| u.0)),
        id_text(a.origin_workstation.map(|w| w.0)),
        instant(a.deleted_at),
        ToSqlOutput::Owned(reason),
    ];
    let own = description.columns.iter().map(move |column| {
        let value = value::to_sql(column.kind, column.optional, row.field(column.name));
        (column.name, value.map_err(|_| bad(table, Some(row.id))))
    });
    let unknown = row.fields.iter().filter(|(name, _)| description.column(name).is_none());
    let extra: Fields = unknown.map(|(name, value)| (name.clone(), value.clone())).collect();
    let names = COMMON_COLUMNS.into_iter().skip(1);
    names.zip(common.map(Ok)).chain(own).chain([("extra", Ok(extra_text(extra)))])
}

/// How the values of a frame's rows map to the columns of a table.
pub(crate) struct FrameShape {
    table: TableName,
    /// For each column of the description, its place in the frame's rows.
    places: Vec<Option<usize>>,
    /// Columns that this version does not know, with their places.
    unknown: Vec<(String, usize)>,
    width: usize,
}

impl FrameShape {
    pub(crate) fn new(table: TableName, columns: &[String]) -> Self {
        let first = COMMON_COLUMNS.len();
        let places = table
            .table()
            .columns
            .iter()
            .map(|c| columns.iter().position(|name| name == c.name).map(|i| i + first))
            .collect();
        let unknown = columns
            .iter()
            .enumerate()
            .filter(|(_, name)| table.table().column(name).is_none())
            .map(|(i, name)| (name.clone(), i + first))
            .collect();
        Self { table, places, unknown, width: first + columns.len() }
    }

    fn misfit(&self, what: impl Into<String>) -> Error {
        Error::BadFrame { table: self.table.as_str().to_owned(), what: what.into() }
    }

    fn check(&self, values: &[Value]) -> Result<(), Error> {
        if values.len() == self.width {
            Ok(())
        } else {
            Err(self.misfit("a row has the wrong number of values"))
        }
    }

    /// Writes one row of the frame without building anything in between. Returns its id.
    pub(crate) fn put(&self, connection: &Connection, values: &[Value]) -> Result<Uuid, Error> {
        self.check(values)?;
        let id = self.id(values)?;
        let mut statement = connection.prepare_cached(&sql(self.table)?.upsert)?;
        let mut bind = Binder { statement: &mut statement, at: 0 };
        for ((value, (kind, optional)), name) in values.iter().zip(COMMON_KINDS).zip(COMMON_COLUMNS) {
            bind.next(value::to_sql(kind, optional, value).map_err(|m| self.misfit(expected(name, &m)))?)?;
        }
        for (column, place) in self.table.table().columns.iter().zip(&self.places) {
            let value = place.and_then(|i| values.get(i)).unwrap_or(&Value::Null);
            let bound = value::to_sql(column.kind, column.optional, value);
            bind.next(bound.map_err(|m| self.misfit(expected(column.name, &m)))?)?;
        }
        bind.next(extra_text(self.extra(values)))?;
        statement.raw_execute()?;
        Ok(id)
    }

    /// One row of the frame as plain data.
    pub(crate) fn row(&self, values: &[Value]) -> Result<Row, Error> {
        self.check(values)?;
        let common: Fields = COMMON_COLUMNS
            .iter()
            .zip(values)
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let mut common = Value::Object(common);
        if let Some(object) = common.as_object_mut() {
            object.insert("fields".into(), Value::Object(Fields::new()));
        }
        let mut row: Row =
            serde_json::from_value(common).map_err(|_| self.misfit("a common column does not fit"))?;
        for (column, place) in self.table.table().columns.iter().zip(&self.places) {
            let value = place.and_then(|i| values.get(i)).unwrap_or(&Value::Null);
            value::to_sql(column.kind, column.optional, value)
                .map_err(|m| self.misfit(expected(column.name, &m)))?;
            row.fields.insert(column.name.to_owned(), value.clone());
        }
        row.fields.extend(self.extra(values));
        Ok(row)
    }

    fn id(&self, values: &[Value]) -> Result<Uuid, Error> {
        let id = values.first().and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
        id.ok_or_else(|| self.misfit("id is no UUID"))
    }

    fn extra(&self, values: &[Value]) -> Fields {
        let known = |(name, place): &(String, usize)| Some((name.clone(), values.get(*place)?.clone()));
        self.unknown.iter().filter_map(known).filter(|(_, value)| !value.is_null()).collect()
    }
}

/// Moves what had been kept in `extra` into the columns that are known now.
pub(crate) fn settle_extra(connection: &Connection) -> Result<(), Error> {
    for &table in TableName::ALL {
        // A row that cannot be read must not keep the file shut; a digest finds it.
        for row in readable(connection, table, "WHERE extra IS NOT NULL", [])? {
            match put(connection, table, &row) {
                Ok(()) | Err(Error::BadRow { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn expected(column: &str, misfit: &Misfit) -> String {
    format!("{column} is not {}", misfit.0)
}

fn int(value: i64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Integer(value))
}

fn id_text(id: Option<Uuid>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(id.map_or(Sql::Null, |id| Sql::Text(id.to_string())))
}

fn extra_text(extra: Fields) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(if extra.is_empty() { Sql::Null } else { Sql::Text(Value::Object(extra).to_string()) })
}

struct Binder<'s, 'c> {
    statement: &'s mut CachedStatement<'c>,
    at: usize,
}

impl Binder<'_, '_> {
    fn next(&mut self, value: ToSqlOutput<'_>) -> rusqlite::Result<()> {
        self.at += 1;
        self.statement.raw_bind_parameter(self.at, value)
    }
}

fn parse(table: TableName, text: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| bad(table, None))
}

fn read(table: TableName, row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    let id = parse(table, &row.get::<_, String>(0)?)?;
    let optional_id = |i: usize| -> Result<Option<Uuid>, Error> {
        row.get::<_, Option<String>>(i)?.map(|text| parse(table, &text)).transpose()
    };
    let attribution = Attribution {
        created_at: UtcInstant(row.get(2)?),
        created_by: optional_id(3)?.map(UserId),
        updated_at: UtcInstant(row.get(4)?),
        updated_by: optional_id(5)?.map(UserId),
        origin_workstation: optional_id(6)?.map(WorkstationId),
        deleted_at: row.get::<_, Option<i64>>(7)?.map(UtcInstant),
        deleted_reason: row.get(8)?,
    };
    let mut fields = Fields::new();
    let mut at = COMMON_COLUMNS.len();
    for column in table.table().columns {
        let value = value::to_json(column.kind, row.get_ref(at)?).map_err(|_| bad(table, Some(id)))?;
        fields.insert(column.name.to_owned(), value);
        at += 1;
    }
    if let Some(extra) = row.get::<_, Option<String>>(at)? {
        let extra: Fields = serde_json::from_str(&extra).map_err(|_| bad(table, Some(id)))?;
        fields.extend(extra);
    }
    Ok(Row { id, rev: Rev(row.get(1)?), attribution, fields })
}
