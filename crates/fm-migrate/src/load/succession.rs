//! Signed notes and measured values never change. One that was changed in FileMaker comes as a row of its own, which says which
//! one it replaces; the other stays as it was.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use wattle_domain::Table;

use super::merge::landing_name;
use super::stage::Run;
use super::target::Origin;
use crate::error::Error;

/// Sorts the landed rows of such a table: what is here already gets the id that it has here, what changed a new one. What
/// somebody has replaced in Wattle since stays theirs.
pub(super) async fn succeed(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    table: &Table,
) -> Result<(), Error> {
    // The last row of each record: none that came from FileMaker replaces it.
    let sql = format!(
        "WITH last AS MATERIALIZED (
             SELECT m.source_key, m.row_id, m.row_hash,
                 EXISTS (SELECT FROM clinic.{0} s WHERE s.clinic_id = $1 AND s.supersedes = m.row_id) AS theirs
             FROM clinic.migration_map m
             WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.source_file = $2 AND m.source_table = $3
               AND NOT EXISTS (
                   SELECT FROM clinic.{0} s JOIN clinic.migration_map n
                       ON n.clinic_id = $1 AND n.table_name = '{0}' AND n.row_id = s.id
                   WHERE s.clinic_id = $1 AND s.supersedes = m.row_id))
         UPDATE {1} l SET
             id = CASE WHEN last.row_hash = l.row_hash OR last.theirs THEN last.row_id
                 ELSE md5(l.id::text || last.row_id::text)::uuid END,
             supersedes = CASE WHEN last.row_hash = l.row_hash OR last.theirs THEN l.supersedes ELSE last.row_id END
         FROM last WHERE last.source_key = l.source_key",
        table.sql,
        landing_name(table)
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(run.clinic.0)
        .bind(origin.file)
        .bind(origin.name())
        .execute(connection)
        .await;
    done.map(drop).map_err(Error::db("looking for what changed in notes and values"))
}
