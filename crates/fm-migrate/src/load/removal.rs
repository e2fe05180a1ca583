//! What FileMaker has no more, taken out of the desk's sight here.
//!
//! Where a whole table was extracted, what its records are no more; of a file, which may be a part of a table, only what the
//! records in it have ceased to be: an alert that was taken out, a file that was replaced. Nothing is erased: rows are marked as deleted, as a
//! person's deletion marks them, and come back when the record does. A record on which somebody has worked here since
//! stays with all its rows. A payment is taken back by a row, see `reversal`.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use wattle_domain::TableName;

use super::merge::landing_name;
use super::reversal;
use super::stage::Run;
use super::target::Origin;
use crate::error::Error;

/// Why such a row is deleted; also how it is known when its record comes back.
pub(super) const GONE: &str = "gone from FileMaker";

/// Which of the earlier rows may go: all of a whole table; else those of records that have landed.
fn scope(origin: Origin<'_>, main: &[TableName]) -> String {
    if origin.whole {
        return String::new();
    }
    let landed = main.iter().map(|name| format!("SELECT source_key FROM {}", landing_name(name.table())));
    format!("AND m.source_key IN ({})", landed.collect::<Vec<_>>().join(" UNION ALL "))
}

/// The keys of records that are not in the landing tables, but on which a person has worked.
pub(super) async fn worked_on(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    tables: &[TableName],
    main: &[TableName],
) -> Result<Vec<String>, Error> {
    let scope = scope(origin, main);
    let mut keys = Vec::new();
    for name in tables {
        let table = name.table();
        if table.append_only {
            continue;
        }
        let sql = format!(
            "SELECT DISTINCT m.source_key FROM clinic.migration_map m JOIN clinic.{0} t ON t.clinic_id = $1 AND t.id = m.row_id
             WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.source_file = $2 AND m.source_table = $3
               AND t.updated_by IS NOT NULL AND t.deleted_at IS NULL {scope}
               AND NOT EXISTS (SELECT FROM {1} l WHERE l.id = m.row_id)",
            table.sql,
            landing_name(table)
        );
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(run.clinic.0)
            .bind(origin.file)
            .bind(origin.name())
            .fetch_all(&mut *connection)
            .await
            .map_err(Error::db("looking for what a person has worked on"))?;
        keys.extend(found);
    }
    Ok(keys)
}

/// Marks (or takes back) the rows of a table that are not in its landing table, but for those of some keys; says how many.
pub(super) async fn remove(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    name: TableName,
    (main, stay): (&[TableName], &[String]),
) -> Result<u64, Error> {
    let table = name.table();
    if reversal::takes_back(table) {
        return reversal::forget(connection, run, origin, table, stay).await;
    }
    if table.append_only {
        return Ok(0);
    }
    let scope = scope(origin, main);
    // The hash goes with it: should the record come back, it counts as changed.
    let sql = format!(
        "WITH stay AS MATERIALIZED (SELECT unnest($4::text[]) AS key),
         removed AS (
             UPDATE clinic.{0} t SET deleted_at = now(), deleted_reason = '{GONE}'
             FROM clinic.migration_map m
             WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.source_file = $2 AND m.source_table = $3
               AND t.clinic_id = $1 AND t.id = m.row_id AND t.deleted_at IS NULL AND t.updated_by IS NULL {scope}
               AND NOT EXISTS (SELECT FROM {1} l WHERE l.id = m.row_id)
               AND NOT EXISTS (SELECT FROM stay WHERE stay.key = m.source_key)
             RETURNING t.id)
         UPDATE clinic.migration_map m SET row_hash = '', run_id = $5 FROM removed r
         WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = r.id",
        table.sql,
        landing_name(table)
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(run.clinic.0)
        .bind(origin.file)
        .bind(origin.name())
        .bind(stay)
        .bind(run.id)
        .execute(connection)
        .await;
    Ok(done.map_err(Error::db("marking what FileMaker has no more"))?.rows_affected())
}
