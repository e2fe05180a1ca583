//! Rows of the target as they are handed to a person: with who wrote them, which fields, and what FileMaker calls what they
//! refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Postgres, Row as _, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, ColumnKind, Table, TableName};

use super::actual::{self, Actual};
use crate::error::Error;

/// A row that people have written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) row: Actual,
    pub(crate) deleted: bool,
    /// The key of the record that it came from, where it came from FileMaker.
    pub(crate) filemaker_key: Option<String>,
    /// Who wrote it last, by name.
    pub(crate) by: Option<String>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    /// A person made it, and not the migrator.
    pub(crate) created_by_somebody: bool,
    /// Of its columns that refer to something: FileMaker's key of that, or our name where it has none.
    pub(crate) refers: BTreeMap<&'static str, String>,
}

/// Whether a line of the map names a record: what the mapping itself sets up, sites and rosters for example, has our own id there.
const OF_FILEMAKER: &str = "m.source_table <> 'setup' AND m.source_key <> m.row_id::text";

/// A transaction in which everything that is read is of one moment.
pub(crate) async fn begin(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, Error> {
    let begun = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    begun.map_err(Error::db("reading what was written since the switch"))
}

/// One row, deleted or not.
pub(crate) async fn written(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    id: Uuid,
) -> Result<Option<Written>, Error> {
    let sql = format!(
        "SELECT t.id, t.updated_by IS NOT NULL, {}, '', t.deleted_at IS NOT NULL AS is_deleted, t.updated_at AS written_at,
             t.created_at AS made_at, t.created_by IS NOT NULL AS made_by_somebody,
             (SELECT u.display_name FROM clinic.user_name u WHERE u.clinic_id = $1 AND u.id = coalesce(t.updated_by, t.created_by)) AS by_name,
             (SELECT min(m.source_key) FROM clinic.migration_map m
              WHERE m.clinic_id = $1 AND m.table_name = '{1}' AND m.row_id = t.id AND {OF_FILEMAKER}) AS filemaker_key
         FROM clinic.{1} t WHERE t.clinic_id = $1 AND t.id = $2",
        actual::chosen(table),
        table.sql
    );
    let found =
        sqlx::query(AssertSqlSafe(sql)).bind(clinic.0).bind(id).fetch_optional(&mut *connection).await;
    let read = |row: PgRow| {
        Ok(Written {
            deleted: row.try_get("is_deleted")?,
            filemaker_key: row.try_get("filemaker_key")?,
            by: row.try_get("by_name")?,
            at: row.try_get("written_at")?,
            created_at: row.try_get("made_at")?,
            created_by_somebody: row.try_get("made_by_somebody")?,
            refers: BTreeMap::new(),
            row: actual::actual(&row, table)?,
        })
    };
    let found = found.and_then(|row| row.map(read).transpose());
    let Some(mut written) = found.map_err(Error::db("reading a row of the target"))? else { return Ok(None) };
    let places = table.columns.iter().filter(|c| c.kind == ColumnKind::Uuid).filter_map(|column| {
        let id = written.row.fields.get(column.name)?.as_str()?.parse().ok()?;
        (id != written.row.id).then_some((column.name, id))
    });
    let places: Vec<(&'static str, Uuid)> = places.collect();
    let names = names(connection, clinic, places.iter().map(|(_, id)| *id).collect()).await?;
    written.refers = places.into_iter().filter_map(|(c, id)| Some((c, names.get(&id)?.clone()))).collect();
    Ok(Some(written))
}

/// What FileMaker calls some rows, or what we do where it has no record of them: a site, a room, a kind of appointment, a
/// practitioner, a user. A patient who came to be in Wattle is found by the id, in the export's own file of patients.
async fn names(
    connection: &mut PgConnection,
    clinic: ClinicId,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, String>, Error> {
    // All there are: the map's index begins with the table.
    let tables: Vec<&str> = TableName::ALL.iter().map(|name| name.table().sql).collect();
    let found: Vec<(Uuid, String)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT id, min(name) FROM (
             SELECT m.row_id AS id, m.source_key AS name FROM clinic.migration_map m
             WHERE m.clinic_id = $1 AND m.table_name = ANY ($3) AND m.table_name <> 'user_name' AND {OF_FILEMAKER}
                 AND m.row_id = ANY ($2)
             UNION ALL SELECT id, name FROM clinic.location WHERE clinic_id = $1 AND id = ANY ($2)
             UNION ALL SELECT id, name FROM clinic.appointment_type WHERE clinic_id = $1 AND id = ANY ($2)
             UNION ALL SELECT id, display_name FROM clinic.user_name WHERE clinic_id = $1 AND id = ANY ($2)
             UNION ALL SELECT p.id, p.family_name FROM clinic.practitioner p WHERE p.clinic_id = $1 AND p.id = ANY ($2) AND NOT EXISTS (
                 SELECT FROM clinic.migration_map m WHERE m.clinic_id = $1 AND m.table_name = 'practitioner' AND m.row_id = p.id)) n GROUP BY id",
    )))
    .bind(clinic.0)
    .bind(ids)
    .bind(tables)
    .fetch_all(connection)
    .await
    .map_err(Error::db("looking for what rows refer to"))?;
    Ok(found.into_iter().collect())
}

/// Which fields of a table's rows commands have written since a moment, as the log of changes says: their names, never what
/// they hold.
pub(crate) async fn fields_changed(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, BTreeSet<String>>, Error> {
    let entries: Vec<(String, Value)> = sqlx::query_as(
        "SELECT c.value ->> 'id', c.value -> 'fields' FROM clinic.audit_event a, jsonb_array_elements(a.changes) c
         WHERE a.clinic_id = $1 AND a.created_at >= date_trunc('milliseconds', $3) AND c.value ->> 'table' = $2 AND c.value ? 'fields'",
    )
    .bind(clinic.0)
    .bind(table.sql)
    .bind(since)
    .fetch_all(connection)
    .await
    .map_err(Error::db("reading which fields were written since the switch"))?;
    let mut changed: HashMap<Uuid, BTreeSet<String>> = HashMap::new();
    for (id, fields) in entries {
        let Ok(id) = id.parse() else { continue };
        let names = fields.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        changed.entry(id).or_default().extend(names);
    }
    Ok(changed)
}
