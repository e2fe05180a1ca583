//! Numbers that SQL takes from staging and from the target, without the converters in between.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Table};

use crate::error::Error;

/// A cell of a staged record: its column from 1, and its repetition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) column: usize,
    pub(crate) repetition: Option<usize>,
}

impl Cell {
    fn sql(self) -> String {
        match self.repetition {
            None => format!("w.cells[{}]", self.column),
            Some(n) => format!("split_part(w.cells[{}], chr(29), {n})", self.column),
        }
    }
}

/// Staged records that were not rejected: how many have something in a cell, and the sum of those cells that are whole numbers.
pub(crate) async fn staged(
    connection: &mut PgConnection,
    (run, source, table): (Uuid, Uuid, &str),
    cell: Cell,
) -> Result<(i64, i64), Error> {
    let cell = cell.sql();
    // Blanks as FileMaker's users type them: also no-break ones, and the separators of empty repetitions.
    let sql = format!(
        "SELECT count(*) FILTER (WHERE {cell} ~ '[^\\s\\u00a0\\u001d]'),
             coalesce(sum(trunc({cell}::numeric)) FILTER (WHERE {cell} ~ '^\\s*[0-9]{{1,9}}([.]0*)?\\s*$'), 0)::bigint
         FROM staging.raw_row w WHERE w.source_id = $2 AND NOT EXISTS (
             SELECT FROM staging.reject j WHERE j.run_id = $1 AND j.source_table = $3 AND j.position = w.position)"
    );
    // PostgreSQL may cast before it filters: only cells that look like numbers reach the cast.
    let safe = sql.replace(
        &format!("trunc({cell}::numeric)"),
        &format!(
            "CASE WHEN {cell} ~ '^\\s*[0-9]{{1,9}}([.]0*)?\\s*$' THEN trunc({cell}::numeric) ELSE 0 END"
        ),
    );
    sqlx::query_as(AssertSqlSafe(safe))
        .bind(run)
        .bind(source)
        .bind(table)
        .fetch_one(connection)
        .await
        .map_err(Error::db("summing staging"))
}

/// Of the same records the money in a cell, in cents. Those that are no exact amount were rejected.
pub(crate) async fn staged_cents(
    connection: &mut PgConnection,
    (run, source, table): (Uuid, Uuid, &str),
    cell: Cell,
) -> Result<i64, Error> {
    let amount = format!(
        "substring({} FROM '^[\\s\\u00a0]*(-?(?:[0-9]+[.]?[0-9]*|[.][0-9]+))[\\s\\u00a0]*$')::numeric",
        cell.sql()
    );
    let sql = format!(
        "SELECT coalesce(sum({amount} * 100), 0)::bigint FROM staging.raw_row w WHERE w.source_id = $2 AND NOT EXISTS (
             SELECT FROM staging.reject j WHERE j.run_id = $1 AND j.source_table = $3 AND j.position = w.position)"
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(run)
        .bind(source)
        .bind(table)
        .fetch_one(connection)
        .await
        .map_err(Error::db("summing money in staging"))
}

/// Notes of a run about a column that say that a value was left out.
pub(crate) async fn left_out(
    connection: &mut PgConnection,
    (run, table): (Uuid, &str),
    column: &str,
) -> Result<i64, Error> {
    sqlx::query_scalar(
        "SELECT count(DISTINCT position) FROM staging.note WHERE run_id = $1 AND source_table = $2 AND column_name = $3
           AND code IN ('IDENTIFIER_TAKEN', 'VALUE_UNKNOWN', 'ORPHAN', 'PARENT_REJECTED', 'DATE_UNPARSED', 'DATE_AMBIGUOUS',
                        'TIME_UNPARSED', 'NUM_TEXT', 'ODATA_UNSAID')",
    )
    .bind(run)
    .bind(table)
    .bind(column)
    .fetch_one(connection)
    .await
    .map_err(Error::db("counting notes"))
}

/// The same of the target: an expression over the living rows of a table that came from FileMaker.
pub(crate) async fn target(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    expression: &'static str,
) -> Result<i64, Error> {
    let sql = format!(
        "SELECT coalesce({expression}, 0)::bigint FROM clinic.{0} t WHERE t.clinic_id = $1 AND t.deleted_at IS NULL
           AND EXISTS (SELECT FROM clinic.migration_map m WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = t.id)",
        table.sql
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(clinic.0)
        .fetch_one(connection)
        .await
        .map_err(Error::db("summing the target"))
}

/// Rows of a table that came from FileMaker and on which a person has worked since.
pub(crate) async fn worked_on(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
) -> Result<i64, Error> {
    let sql = format!(
        "SELECT count(*) FROM clinic.{0} t WHERE t.clinic_id = $1 AND t.updated_by IS NOT NULL
           AND EXISTS (SELECT FROM clinic.migration_map m WHERE m.clinic_id = $1 AND m.table_name = '{0}' AND m.row_id = t.id)",
        table.sql
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(clinic.0)
        .fetch_one(connection)
        .await
        .map_err(Error::db("counting what people have worked on"))
}

/// Of some rows, those that a person has deleted since.
pub(crate) async fn deleted_here(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    ids: &[Uuid],
) -> Result<Vec<Uuid>, Error> {
    let sql = format!(
        "SELECT id FROM clinic.{0} WHERE clinic_id = $1 AND id = ANY ($2) AND deleted_at IS NOT NULL AND updated_by IS NOT NULL",
        table.sql
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(clinic.0)
        .bind(ids)
        .fetch_all(connection)
        .await
        .map_err(Error::db("looking for what people have deleted"))
}

/// Of some rows, those whose record is rejected now, though it once loaded.
pub(crate) async fn of_keys(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    ids: &[Uuid],
    keys: &[String],
) -> Result<Vec<Uuid>, Error> {
    sqlx::query_scalar(
        "SELECT row_id FROM clinic.migration_map WHERE clinic_id = $1 AND table_name = $2 AND row_id = ANY ($3)
           AND source_key = ANY ($4)",
    )
    .bind(clinic.0)
    .bind(table.sql)
    .bind(ids)
    .bind(keys)
    .fetch_all(connection)
    .await
    .map_err(Error::db("looking for rows of rejected records"))
}

/// Of some rows that never change: the hashes of everything that their records have ever become.
pub(crate) async fn ever_loaded(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>, Error> {
    let found: Vec<(Uuid, Vec<String>)> = sqlx::query_as(
        "SELECT m.row_id, array_agg(o.row_hash) FROM clinic.migration_map m
         JOIN clinic.migration_map o ON o.clinic_id = $1 AND o.table_name = $2 AND o.source_file = m.source_file
             AND o.source_table = m.source_table AND o.source_key = m.source_key
         WHERE m.clinic_id = $1 AND m.table_name = $2 AND m.row_id = ANY ($3) GROUP BY m.row_id",
    )
    .bind(clinic.0)
    .bind(table.sql)
    .bind(ids)
    .fetch_all(connection)
    .await
    .map_err(Error::db("looking for what records have become"))?;
    Ok(found.into_iter().collect())
}

/// How many foreign keys PostgreSQL itself holds between the clinic's tables.
pub(crate) async fn foreign_keys(connection: &mut PgConnection) -> Result<i64, Error> {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
         WHERE n.nspname = 'clinic' AND c.contype = 'f' AND c.convalidated",
    )
    .fetch_one(connection)
    .await
    .map_err(Error::db("counting foreign keys"))
}

/// The hashes under which rows were loaded.
pub(crate) async fn loaded_as(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &Table,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    let found: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT row_id, row_hash FROM clinic.migration_map WHERE clinic_id = $1 AND table_name = $2 AND row_id = ANY ($3)",
    )
    .bind(clinic.0)
    .bind(table.sql)
    .bind(ids)
    .fetch_all(connection)
    .await
    .map_err(Error::db("looking for what rows were loaded as"))?;
    Ok(found.into_iter().collect())
}
