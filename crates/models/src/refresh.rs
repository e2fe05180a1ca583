//! A refresh: each model in one transaction, with its tests inside. What differs is written, and nothing else, so that readers
//! wait for nobody and a refresh that finds nothing new leaves nothing behind.

use std::time::Instant;

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::header::Model;
use crate::relation::Relation;
use crate::test::{duplicates, key};

/// Rows that a failed test names.
const NAMED: i64 = 5;
/// PostgreSQL's code for one statement that would write a row twice: the query gave one key twice.
const TWICE: &str = "21000";

/// What became of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refreshed {
    /// Which.
    pub model: String,
    /// Rows that it holds of the clinic; 0 for a view.
    pub held: i64,
    /// New ones.
    pub inserted: i64,
    /// Ones that say something else than before.
    pub updated: i64,
    /// Ones that are gone.
    pub deleted: i64,
    /// Tests that held.
    pub tests: usize,
    /// How long it took.
    pub seconds: f64,
}

/// Refreshes models of a clinic, in the order in which they are given, and notes each under the run. The connection must be
/// allowed to: the migrator's, or the owner's for those that need no staging.
///
/// # Errors
/// [`Error`]; those before the one that failed are fresh, it and those after it are as they were.
pub async fn refresh(
    connection: &mut PgConnection,
    clinic: ClinicId,
    run: Uuid,
    models: &[Model],
) -> Result<Vec<Refreshed>, Error> {
    let mut done = Vec::with_capacity(models.len());
    for model in models {
        // Before the transaction: its snapshot must see what another refresh has written.
        lock(connection, model, "pg_advisory_lock").await?;
        let made = one(connection, clinic, run, model).await;
        let freed = lock(connection, model, "pg_advisory_unlock").await;
        done.push(made?);
        freed?;
    }
    Ok(done)
}

async fn lock(connection: &mut PgConnection, model: &Model, what: &str) -> Result<(), Error> {
    let sql = format!("SELECT {what}(hashtextextended('wattle model ' || $1, 0))");
    let done = sqlx::query(AssertSqlSafe(sql)).bind(&model.name).execute(connection).await;
    done.map(drop).map_err(failed(model, "waiting for another refresh"))
}

async fn one(
    connection: &mut PgConnection,
    clinic: ClinicId,
    run: Uuid,
    model: &Model,
) -> Result<Refreshed, Error> {
    let began = Instant::now();
    // One snapshot for the query and for its tests: what is written meanwhile is the next refresh's.
    let mut tx = connection
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await
        .map_err(failed(model, "beginning"))?;
    sqlx::query("SELECT set_config('wattle.clinic', $1, true)")
        .bind(clinic.to_string())
        .execute(&mut *tx)
        .await
        .map_err(failed(model, "choosing the clinic"))?;
    // Whole tables meet whole tables, and after an import they have no statistics yet.
    tx.execute("SET LOCAL enable_nestloop = off").await.map_err(failed(model, "beginning"))?;
    is_there(&mut tx, model).await?;
    let made = if model.is_view { view(&mut tx, model).await } else { table(&mut tx, model).await };
    let [held, inserted, updated, deleted] = match made {
        Err(Error::Database { source, .. }) if is_twice(&source) => {
            tx.rollback().await.map_err(failed(model, "giving up"))?;
            return Err(named_twice(connection, clinic, model).await?);
        }
        other => other?,
    };
    for (test, line) in &model.tests {
        let failing = test.failing(model, Relation::to_string);
        let sql = format!("SELECT key FROM ({failing}) AS failing ORDER BY key LIMIT {NAMED}");
        let keys: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(&mut *tx)
            .await
            .map_err(failed(model, "testing"))?;
        if !keys.is_empty() {
            return Err(does_not_hold(model, test.said(), *line, keys));
        }
    }
    let tests = model.tests.len();
    sqlx::query(
        "INSERT INTO read_model.refresh (clinic_id, run_id, model, sql_hash, held, inserted, updated, deleted, tests)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (clinic_id, run_id, model) DO UPDATE SET sql_hash = excluded.sql_hash, began_at = excluded.began_at,
             done_at = excluded.done_at, held = excluded.held, inserted = excluded.inserted, updated = excluded.updated,
             deleted = excluded.deleted, tests = excluded.tests",
    )
    .bind(clinic.0)
    .bind(run)
    .bind(&model.name)
    .bind(&model.hash)
    .bind(held)
    .bind(inserted)
    .bind(updated)
    .bind(deleted)
    .bind(i64::try_from(tests).unwrap_or(i64::MAX))
    .execute(&mut *tx)
    .await
    .map_err(failed(model, "noting the refresh"))?;
    sqlx::query("DELETE FROM read_model.refresh WHERE clinic_id = $1 AND model = $2 AND done_at < now() - interval '30 days'")
        .bind(clinic.0)
        .bind(&model.name)
        .execute(&mut *tx)
        .await
        .map_err(failed(model, "forgetting old refreshes"))?;
    tx.commit().await.map_err(failed(model, "committing"))?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Refreshed { model: model.name.clone(), held, inserted, updated, deleted, tests, seconds })
}

/// Every input that the header names is in the database, and so is the table of what it makes.
async fn is_there(connection: &mut PgConnection, model: &Model) -> Result<(), Error> {
    for (input, line) in &model.inputs {
        if !has(connection, model, input).await? {
            let reason = format!("{input} is not in this database.");
            return Err(Error::File { file: model.file.clone(), line: *line, reason });
        }
    }
    if !model.is_view && !has(connection, model, &model.output).await? {
        return Err(Error::NoOutput { output: model.output.to_string() });
    }
    Ok(())
}

async fn has(connection: &mut PgConnection, model: &Model, relation: &Relation) -> Result<bool, Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(relation.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed(model, "looking for its tables"))
}

/// Brings a model's table up to its query, in one statement.
async fn table(connection: &mut PgConnection, model: &Model) -> Result<[i64; 4], Error> {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    )
    .bind(model.output.to_string())
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(model, "looking at its columns"))?;
    let each = |form: &dyn Fn(&String) -> String, between: &str| {
        columns.iter().map(form).collect::<Vec<_>>().join(between)
    };
    let same_key = model.key.iter().map(|c| format!("t.{c} = a.{c}")).collect::<Vec<_>>().join(" AND ");
    let sql = format!(
        "WITH arriving AS MATERIALIZED (\n{body}\n),
         changed AS MATERIALIZED (
             SELECT a.*, t.clinic_id IS NULL AS is_new FROM arriving a LEFT JOIN {table} t ON {same_key}
             WHERE t.clinic_id IS NULL OR ROW({theirs}) IS DISTINCT FROM ROW({ours})),
         gone AS (
             DELETE FROM {table} t WHERE t.clinic_id = (SELECT sync.current_clinic())
               AND NOT EXISTS (SELECT FROM arriving a WHERE {same_key}) RETURNING 1),
         put AS (
             INSERT INTO {table} ({names}) SELECT {names} FROM changed
             ON CONFLICT ({key}) DO UPDATE SET {set} RETURNING 1)
         SELECT (SELECT count(*) FROM arriving), (SELECT count(*) FROM changed WHERE is_new),
             (SELECT count(*) FROM changed WHERE NOT is_new), (SELECT count(*) FROM gone)",
        body = model.body,
        table = model.output,
        theirs = each(&|c| format!("a.{c}"), ", "),
        ours = each(&|c| format!("t.{c}"), ", "),
        names = each(&String::clone, ", "),
        key = model.key.join(", "),
        set = each(&|c| format!("{c} = excluded.{c}"), ", "),
    );
    let (held, inserted, updated, deleted) = sqlx::query_as(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await
        .map_err(failed(model, "refreshing"))?;
    Ok([held, inserted, updated, deleted])
}

/// Makes a view, unless it is there and of this very SQL: making it anew would wait for its readers.
async fn view(connection: &mut PgConnection, model: &Model) -> Result<[i64; 4], Error> {
    let made_of: Option<String> = sqlx::query_scalar("SELECT obj_description(to_regclass($1), 'pg_class')")
        .bind(model.output.to_string())
        .fetch_one(&mut *connection)
        .await
        .map_err(failed(model, "looking at the view"))?;
    let mark = format!("made of the SQL {}", model.hash);
    if made_of.as_deref() != Some(mark.as_str()) {
        // Whoever asks it is shown what they may see of the tables beneath.
        let sql = format!(
            "DROP VIEW IF EXISTS {0}; CREATE VIEW {0} WITH (security_invoker = true) AS\n{1}\n; COMMENT ON VIEW {0} IS '{mark}'",
            model.output, model.body
        );
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
            .await
            .map_err(failed(model, "making the view"))?;
    }
    Ok([0; 4])
}

fn is_twice(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == TWICE)
}

/// The failed test of a query that gives a key twice.
async fn named_twice(connection: &mut PgConnection, clinic: ClinicId, model: &Model) -> Result<Error, Error> {
    let mut tx = connection.begin().await.map_err(failed(model, "beginning"))?;
    sqlx::query("SELECT set_config('wattle.clinic', $1, true)")
        .bind(clinic.to_string())
        .execute(&mut *tx)
        .await
        .map_err(failed(model, "choosing the clinic"))?;
    let twice = duplicates(&format!("(\n{}\n)", model.body), &model.key, &key(model));
    let keys: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("{twice} ORDER BY 1 LIMIT {NAMED}")))
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(model, "looking for what is there twice"))?;
    tx.rollback().await.map_err(failed(model, "giving up"))?;
    Ok(does_not_hold(model, format!("key {}", model.key.join(", ")), 1, keys))
}

fn does_not_hold(model: &Model, test: String, line: usize, keys: Vec<String>) -> Error {
    Error::Failed { model: model.name.clone(), test, file: model.file.clone(), line, keys }
}

fn failed(model: &Model, doing: &'static str) -> impl Fn(sqlx::Error) -> Error {
    let model = model.name.clone();
    move |source| Error::Database { model: model.clone(), doing, source }
}
