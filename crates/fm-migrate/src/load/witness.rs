//! Numbers that SQL takes from staging and from the target, without the converters in between.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Table};

use crate::error::Error;
use crate::reason::Code;

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

/// What staged records have in a cell: of all, and of those that are on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Staged {
    /// Cells with something in them.
    pub(crate) filled: i64,
    pub(crate) filled_listed: i64,
    /// The sum of those that are numbers, whole ones or cents, in records that came.
    pub(crate) sum_come: i64,
    pub(crate) sum_listed: i64,
    /// Cells with something in them that is no such number.
    pub(crate) unreadable: i64,
}

/// The forms of a number that are summed, and what a cell then counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// None is: only what is filled is counted.
    No,
    /// Whole numbers.
    Whole,
    /// Dollars, in cents. Parts of a cent are no amount: such a record was rejected.
    Cents,
}

/// Counts and sums one cell of every staged record.
pub(crate) async fn staged(
    connection: &mut PgConnection,
    (run, source, table): (Uuid, Uuid, &str),
    cell: Cell,
    number: Number,
) -> Result<Staged, Error> {
    let cell = cell.sql();
    // A pattern gives the number, or nothing: PostgreSQL may cast before it filters.
    let value = match number {
        Number::No => "NULL::numeric".to_owned(),
        Number::Whole => format!("substring({cell} FROM '^\\s*([0-9]{{1,9}})(?:[.]0*)?\\s*$')::numeric"),
        Number::Cents => format!(
            "substring({cell} FROM '^[\\s\\u00a0]*(-?(?:[0-9]{{1,12}}(?:[.][0-9]*)?|[.][0-9]+))[\\s\\u00a0]*$')::numeric * 100"
        ),
    };
    // Blanks as FileMaker's users type them: also no-break ones, and the separators of empty repetitions.
    let sql = format!(
        "SELECT count(*) FILTER (WHERE filled) AS filled, count(*) FILTER (WHERE filled AND listed) AS filled_listed,
             coalesce(sum(value) FILTER (WHERE NOT listed), 0)::bigint AS sum_come,
             coalesce(sum(value) FILTER (WHERE listed), 0)::bigint AS sum_listed,
             count(*) FILTER (WHERE filled AND value IS NULL) AS unreadable
         FROM (SELECT {cell} ~ '[^\\s\\u00a0\\u001d]' AS filled, {value} AS value, j.position IS NOT NULL AS listed
               FROM staging.raw_row w LEFT JOIN staging.reject j
                   ON j.run_id = $1 AND j.source_table = $3 AND j.position = w.position
               WHERE w.source_id = $2) c"
    );
    let found: (i64, i64, i64, i64, i64) = sqlx::query_as(AssertSqlSafe(sql))
        .bind(run)
        .bind(source)
        .bind(table)
        .fetch_one(connection)
        .await
        .map_err(Error::db("summing staging"))?;
    let (filled, filled_listed, sum_come, sum_listed, unreadable) = found;
    Ok(Staged { filled, filled_listed, sum_come, sum_listed, unreadable })
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

/// Notes of a run about a column with one code.
pub(crate) async fn noted(
    connection: &mut PgConnection,
    (run, table): (Uuid, &str),
    column: &str,
    code: Code,
) -> Result<i64, Error> {
    sqlx::query_scalar(
        "SELECT count(DISTINCT position) FROM staging.note WHERE run_id = $1 AND source_table = $2 AND column_name = $3
           AND code = $4",
    )
    .bind(run)
    .bind(table)
    .bind(column)
    .bind(code.as_str())
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
