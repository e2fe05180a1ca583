//! Payments never change. One that was changed in FileMaker is taken back by a row of the same amount the other way round, and
//! comes again as a row of its own; one that FileMaker has no more is taken back. So the sums here are those of FileMaker, and
//! what stood in the books stays in them.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Rest, Table};

use super::merge::landing_name;
use super::stage::Run;
use super::target::Origin;
use crate::error::Error;

/// Whether the rows of a table are taken back by rows of it.
pub(super) fn takes_back(table: &Table) -> bool {
    table.append_only && table.column("reverses").is_some()
}

/// `living`: the row that each record is now, none where all of them were taken back; `theirs` is one that somebody has taken
/// back in Wattle, which stays so. `$1` clinic, `$2` file, `$3` table of FileMaker's.
fn living(table: &Table) -> String {
    format!(
        "ours AS MATERIALIZED (
             SELECT m.source_key, m.row_id, m.row_hash, t.reverses FROM clinic.migration_map m
             JOIN clinic.{0} t ON t.clinic_id = $1 AND t.id = m.row_id
             WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.source_file = $2 AND m.source_table = $3),
         living AS MATERIALIZED (
             SELECT o.source_key, o.row_id, o.row_hash, EXISTS (
                 SELECT FROM clinic.{0} r WHERE r.clinic_id = $1 AND r.reverses = o.row_id) AS theirs
             FROM ours o
             WHERE o.reverses IS NULL AND NOT EXISTS (SELECT FROM ours r WHERE r.reverses = o.row_id))",
        table.sql
    )
}

/// Sorts the landed rows of such a table: what is here already gets the id that it has here, what changed or came back a new
/// one. What changed is taken back.
pub(super) async fn renew(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    table: &Table,
) -> Result<(), Error> {
    let landing = landing_name(table);
    let sql = format!(
        "WITH {},
         known AS (SELECT source_key, count(*) AS n FROM ours WHERE reverses IS NULL GROUP BY source_key)
         UPDATE {landing} l SET
             id = CASE WHEN v.row_hash = l.row_hash OR v.theirs THEN v.row_id
                 ELSE md5(l.id::text || k.n::text)::uuid END
         FROM known k LEFT JOIN living v ON v.source_key = k.source_key WHERE k.source_key = l.source_key",
        living(table)
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(run.clinic.0)
        .bind(origin.file)
        .bind(origin.name())
        .execute(&mut *connection)
        .await;
    done.map_err(Error::db("looking for payments that changed"))?;
    let changed =
        format!("EXISTS (SELECT FROM {landing} l WHERE l.source_key = v.source_key AND l.id <> v.row_id)");
    take_back(connection, run, origin, table, &changed, &[]).await.map(drop)
}

/// Takes back what FileMaker has no more, but for the records of some keys; says how many.
pub(super) async fn forget(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    table: &Table,
    stay: &[String],
) -> Result<u64, Error> {
    // A file may be a part of a table.
    if !origin.whole {
        return Ok(0);
    }
    let gone = format!(
        "NOT EXISTS (SELECT FROM {} l WHERE l.source_key = v.source_key)
         AND NOT EXISTS (SELECT FROM stay s WHERE s.key = v.source_key)",
        landing_name(table)
    );
    take_back(connection, run, origin, table, &gone, stay).await
}

/// Rows that take back those for which a condition on `v` holds, on the same day. What rests sealed is not repeated: a seal
/// opens in its own row only.
async fn take_back(
    connection: &mut PgConnection,
    run: Run,
    origin: Origin<'_>,
    table: &Table,
    condition: &str,
    stay: &[String],
) -> Result<u64, Error> {
    let columns = table.columns.iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
    let values = table.columns.iter().map(|c| match c.name {
        "reverses" => "t.id".to_owned(),
        cents if cents.ends_with("_cents") => format!("-t.{cents}"),
        _ if c.rest != Rest::Open => "NULL".to_owned(),
        name => format!("t.{name}"),
    });
    let values = values.collect::<Vec<_>>().join(", ");
    // Nothing was landed as such a row: its hash is empty.
    let sql = format!(
        "WITH {living}, stay AS MATERIALIZED (SELECT unnest($4::text[]) AS key),
         back AS (
             INSERT INTO clinic.{table} (clinic_id, id, {columns})
             SELECT $1, md5(t.id::text || 'reversed')::uuid, {values}
             FROM living v JOIN clinic.{table} t ON t.clinic_id = $1 AND t.id = v.row_id
             WHERE NOT v.theirs AND {condition} ORDER BY t.id
             RETURNING id, reverses)
         INSERT INTO clinic.migration_map (clinic_id, source_file, source_table, source_key, table_name, row_id, row_hash, run_id)
         SELECT $1, $2, $3, v.source_key, '{table}', b.id, '', $5 FROM back b JOIN living v ON v.row_id = b.reverses",
        living = living(table),
        table = table.sql,
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(run.clinic.0)
        .bind(origin.file)
        .bind(origin.name())
        .bind(stay)
        .bind(run.id)
        .execute(connection)
        .await;
    Ok(done.map_err(Error::db("taking payments back"))?.rows_affected())
}

/// The row that a record is now, by the first one that it was; that one where all were taken back.
pub(super) async fn newest(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    id: Uuid,
) -> Result<Uuid, Error> {
    let sql = format!(
        "SELECT t.id FROM clinic.migration_map f
         JOIN clinic.migration_map m ON m.clinic_id = $1 AND m.table_name = '{0}' AND m.source_file = f.source_file
             AND m.source_table = f.source_table AND m.source_key = f.source_key
         JOIN clinic.{0} t ON t.clinic_id = $1 AND t.id = m.row_id AND t.reverses IS NULL
         WHERE f.clinic_id = $1 AND f.table_name = '{0}' AND f.row_id = $2
           AND NOT EXISTS (SELECT FROM clinic.{0} r WHERE r.clinic_id = $1 AND r.reverses = t.id)
         LIMIT 1",
        table.sql
    );
    let found =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(clinic.0).bind(id).fetch_optional(connection).await;
    Ok(found.map_err(Error::db("looking for the newest row"))?.unwrap_or(id))
}
