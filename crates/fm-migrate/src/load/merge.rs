//! Landing table -> target: new rows in, changed ones updated, the rest untouched.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use wattle_domain::{ColumnKind, Table, TableName};

use super::removal::GONE;
use super::reversal;
use super::stage::Run;
use super::succession;
use super::target::{Origin, quoted};
use crate::error::Error;

/// What a merge did to a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// New rows.
    pub inserted: u64,
    /// Rows whose source had changed.
    pub updated: u64,
    /// Rows whose source had changed, but that a person has changed or deleted in Wattle since (or that only grow): left alone.
    pub kept: u64,
    /// Rows whose record FileMaker has no more, and that nobody has worked on here.
    pub removed: u64,
    /// Rows that are as they were.
    pub unchanged: u64,
}

impl Merged {
    /// Another table of the same records.
    pub(crate) fn add(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.kept += other.kept;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
    }
}

/// Columns that no export fills and that others write: an update leaves them alone.
pub(crate) const NOT_OURS: &[&str] = &["user_id", "merged_into", "field_changes", "stored_at", "lost_at"];

/// New rows that make a table no other than it was.
const FEW: u64 = 1_000;

/// Where rows land before they are compared.
pub(super) fn landing_name(table: &Table) -> String {
    format!("staging.landing_{}", table.sql)
}

/// Its DDL. Unlogged and dropped in the same transaction: nobody else ever sees it.
pub(super) fn landing(table: &Table) -> AssertSqlSafe<String> {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|c| {
            let kind = match c.kind {
                ColumnKind::Text => "text",
                ColumnKind::Int => "bigint",
                ColumnKind::Bool => "boolean",
                ColumnKind::Date => "date",
                ColumnKind::Instant => "timestamptz",
                ColumnKind::Uuid => "uuid",
                ColumnKind::Json => "jsonb",
            };
            format!("\"{}\" {kind}", c.name)
        })
        .collect();
    AssertSqlSafe(format!(
        "CREATE UNLOGGED TABLE {} (id uuid NOT NULL, source_key text NOT NULL, row_hash text NOT NULL, record_id text, {})",
        landing_name(table),
        columns.join(", ")
    ))
}

/// Brings the target up to the landing table.
pub(super) async fn merge(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    name: TableName,
) -> Result<Merged, Error> {
    let table = name.table();
    let landing = landing_name(table);
    connection.execute(AssertSqlSafe(format!("ANALYZE {landing}"))).await.map_err(Error::db("merging"))?;
    if name == TableName::Appointment {
        make_room(connection, run, &landing).await?;
        let_go(connection, run, &landing).await?;
    }
    if table.append_only && table.column("supersedes").is_some() {
        succession::succeed(connection, run, origin, table).await?;
    }
    if reversal::takes_back(table) {
        reversal::renew(connection, run, origin, table).await?;
    }
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let all = quoted(&columns);
    let landed: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {landing}")))
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::db("counting landed rows"))?;
    let known = format!("m.clinic_id = $1 AND m.table_name = '{}' AND m.row_id = l.id", table.sql);
    // In the order of their ids, in which they enter the index: at random, every row would fetch another page of it.
    let inserted = sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO clinic.{0} (clinic_id, id, {all})
         SELECT $1, l.id, {1} FROM {landing} l
         WHERE NOT EXISTS (SELECT FROM clinic.migration_map m WHERE {known}) ORDER BY l.id",
        table.sql,
        columns.iter().map(|c| format!("l.\"{c}\"")).collect::<Vec<_>>().join(", "),
    )))
    .bind(run.clinic.0)
    .execute(&mut *connection)
    .await
    .map_err(Error::db("inserting rows"))?
    .rows_affected();
    if inserted > FEW {
        // Else the foreign keys are checked by what was known of the table when it was empty, or when a run was killed in it.
        sqlx::query("SELECT clinic.refresh_statistics($1)")
            .bind(table.sql)
            .execute(&mut *connection)
            .await
            .map_err(Error::db("counting for the planner"))?;
    }
    let (changed, renumbered): (i64, i64) = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT count(*) FILTER (WHERE m.row_hash <> l.row_hash), count(*) FILTER (WHERE m.record_id IS DISTINCT FROM l.record_id)
         FROM {landing} l JOIN clinic.migration_map m ON {known}"
    )))
    .bind(run.clinic.0)
    .fetch_one(&mut *connection)
    .await
    .map_err(Error::db("comparing rows"))?;
    let updated = if table.append_only || changed == 0 { 0 } else { update(connection, run, table).await? };
    if renumbered > 0 {
        renumber(connection, run, table).await?;
    }
    sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO clinic.migration_map
             (clinic_id, source_file, source_table, source_key, table_name, row_id, row_hash, run_id, record_id)
         SELECT $1, $2, $3, l.source_key, '{}', l.id, l.row_hash, $4, l.record_id FROM {landing} l
         WHERE NOT EXISTS (SELECT FROM clinic.migration_map m WHERE {known}) ORDER BY l.id",
        table.sql
    )))
    .bind(run.clinic.0)
    .bind(origin.file)
    .bind(origin.name())
    .bind(run.id)
    .execute(&mut *connection)
    .await
    .map_err(Error::db("noting where rows came from"))?;
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    let kept = unsigned(changed).saturating_sub(updated);
    let unchanged = unsigned(landed).saturating_sub(inserted + updated + kept);
    Ok(Merged { inserted, updated, kept, removed: 0, unchanged })
}

/// Updates what changed at the source and was not touched by a person here.
async fn update(connection: &mut PgConnection, run: Run, table: &Table) -> Result<u64, Error> {
    let set: Vec<String> = table
        .columns
        .iter()
        .filter(|c| !NOT_OURS.contains(&c.name))
        .map(|c| format!("\"{0}\" = l.\"{0}\"", c.name))
        .collect();
    let sql = format!(
        "WITH changed AS (
             UPDATE clinic.{0} t SET {1}, deleted_at = NULL, deleted_reason = NULL FROM {2} l, clinic.migration_map m
             WHERE t.clinic_id = $1 AND t.id = l.id AND t.updated_by IS NULL
               AND (t.deleted_at IS NULL OR t.deleted_reason = '{GONE}')
               AND m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = l.id AND m.row_hash <> l.row_hash
             RETURNING t.id)
         UPDATE clinic.migration_map m SET row_hash = l.row_hash, source_key = l.source_key, run_id = $2
         FROM {2} l JOIN changed c ON c.id = l.id
         WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = l.id",
        table.sql,
        set.join(", "),
        landing_name(table)
    );
    let done = sqlx::query(AssertSqlSafe(sql)).bind(run.clinic.0).bind(run.id).execute(connection).await;
    Ok(done.map_err(Error::db("updating rows"))?.rows_affected())
}

/// Notes the numbers that FileMaker gives its records now: a clone gives others, and a map of before has none. An export that
/// says none leaves them.
async fn renumber(connection: &mut PgConnection, run: Run, table: &Table) -> Result<(), Error> {
    let sql = format!(
        "UPDATE clinic.migration_map m SET record_id = l.record_id FROM {1} l
         WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = l.id AND l.record_id IS NOT NULL
           AND m.record_id IS DISTINCT FROM l.record_id",
        table.sql,
        landing_name(table)
    );
    let done = sqlx::query(AssertSqlSafe(sql)).bind(run.clinic.0).execute(connection).await;
    done.map(drop).map_err(Error::db("noting the numbers of records"))
}

/// Bookings that stay where they are, whatever the export says (made in Wattle, moved by a person in Wattle, or of a record
/// that is rejected now): one from the export that overlaps such a one becomes a deliberate double booking, like one that
/// overlaps in the export itself.
async fn make_room(connection: &mut PgConnection, run: Run, landing: &str) -> Result<(), Error> {
    // Materialised first: these are few, while all of the book against all of the book would be millions of pairs.
    let sql = format!(
        "WITH here AS MATERIALIZED (
             SELECT t.id, t.practitioner_id, tstzrange(t.start_at, t.end_at) AS span FROM clinic.appointment t
             WHERE t.clinic_id = $1 AND NOT t.double_booking AND t.status NOT IN ('cancelled', 'did_not_attend')
               AND t.deleted_at IS NULL
               AND (t.updated_by IS NOT NULL OR NOT EXISTS (SELECT FROM {landing} l WHERE l.id = t.id)))
         UPDATE {landing} l SET double_booking = true FROM here
         WHERE NOT l.double_booking AND l.status NOT IN ('cancelled', 'did_not_attend') AND l.id <> here.id
           AND l.practitioner_id = here.practitioner_id AND here.span && tstzrange(l.start_at, l.end_at)"
    );
    let done = sqlx::query(AssertSqlSafe(sql)).bind(run.clinic.0).execute(connection).await;
    done.map(drop).map_err(Error::db("looking for overlaps"))
}

/// Lets go of the slots of bookings that are about to move: the book is only free of overlaps when all of them have moved, but
/// PostgreSQL looks at each row by itself, and two may swap.
async fn let_go(connection: &mut PgConnection, run: Run, landing: &str) -> Result<(), Error> {
    let sql = format!(
        "UPDATE clinic.appointment t SET double_booking = true FROM {landing} l, clinic.migration_map m
         WHERE t.clinic_id = $1 AND t.id = l.id AND NOT t.double_booking AND t.updated_by IS NULL AND t.deleted_at IS NULL
           AND m.clinic_id = $1 AND m.table_name = 'appointment' AND m.row_id = l.id AND m.row_hash <> l.row_hash"
    );
    let done = sqlx::query(AssertSqlSafe(sql)).bind(run.clinic.0).execute(connection).await;
    done.map(drop).map_err(Error::db("letting go of slots"))
}
