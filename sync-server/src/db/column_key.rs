//! The wrapped keys of sealed columns, how far a rotation has come, and values in other forms of themselves.

use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::types::Json;
use uuid::Uuid;
use wattle_domain::ClinicId;

use super::Identity;

/// A wrapped key.
#[derive(Clone, Debug)]
pub(crate) struct Wrapped {
    pub generation: i32,
    pub kms_key: String,
    pub wrapped: Vec<u8>,
}

/// A value of a sealed column.
#[derive(Clone, Debug)]
pub(crate) struct Rested {
    pub id: Uuid,
    pub col: String,
    /// As text; JSON as its text.
    pub value: String,
}

/// A value and the form that it is to get.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Resealed {
    pub id: Uuid,
    pub col: String,
    pub was: String,
    pub now: String,
    /// The hash beside it, base64.
    pub mark: Option<String>,
}

/// Every clinic, also one that nobody works in yet.
pub(crate) async fn clinics(pool: &PgPool) -> Result<Vec<ClinicId>, sqlx::Error> {
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT sync.every_clinic()").fetch_all(pool).await?;
    Ok(ids.into_iter().map(ClinicId).collect())
}

/// Every key of a clinic, oldest first.
pub(crate) async fn all(pool: &PgPool, clinic: ClinicId) -> Result<Vec<Wrapped>, sqlx::Error> {
    let mut tx = Identity::clinic(clinic).begin(pool).await?;
    let found = all_in(&mut tx, clinic).await?;
    tx.commit().await?;
    Ok(found)
}

/// The same in a transaction that runs.
pub(crate) async fn all_in(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Wrapped>, sqlx::Error> {
    let text =
        "SELECT generation, kms_key, wrapped FROM clinic.column_key WHERE clinic_id = $1 ORDER BY generation";
    let found: Vec<(i32, String, Vec<u8>)> =
        sqlx::query_as(text).bind(clinic.0).fetch_all(connection).await?;
    let key = |(generation, kms_key, wrapped)| Wrapped { generation, kms_key, wrapped };
    Ok(found.into_iter().map(key).collect())
}

/// The number of the clinic's newest key, in the running snapshot.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar("SELECT max(generation) FROM clinic.column_key WHERE clinic_id = $1")
        .bind(clinic.0)
        .fetch_one(connection)
        .await
}

/// Keeps a clinic's first key, unless there is one.
pub(crate) async fn first(pool: &PgPool, clinic: ClinicId, key: &Wrapped) -> Result<(), sqlx::Error> {
    let mut tx = Identity::clinic(clinic).begin(pool).await?;
    keep(&mut tx, clinic, key).await?;
    tx.commit().await
}

/// Keeps a key, unless there is one of its generation.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    clinic: ClinicId,
    key: &Wrapped,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.column_key (clinic_id, generation, kms_key, wrapped) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(clinic.0)
    .bind(key.generation)
    .bind(&key.kms_key)
    .bind(&key.wrapped)
    .execute(connection)
    .await?;
    Ok(())
}

/// Some of the acting clinic's values that rest plain.
pub(crate) async fn plain(
    connection: &mut PgConnection,
    table: &str,
    most: i32,
) -> Result<Vec<Rested>, sqlx::Error> {
    let text = "SELECT id, col, value FROM clinic.plain_values($1, $2)";
    let found: Vec<(Uuid, String, String)> =
        sqlx::query_as(text).bind(table).bind(most).fetch_all(connection).await?;
    Ok(found.into_iter().map(|(id, col, value)| Rested { id, col, value }).collect())
}

/// Seals plain values of the acting clinic; how many were still as they had been read.
pub(crate) async fn seal_plain(
    connection: &mut PgConnection,
    table: &str,
    values: &[Resealed],
) -> Result<i64, sqlx::Error> {
    let text = "SELECT clinic.seal_plain($1, $2)";
    sqlx::query_scalar(text).bind(table).bind(Json(values)).fetch_one(connection).await
}

/// The same for values that are sealed already; the owner's alone to do.
pub(crate) async fn reseal(
    connection: &mut PgConnection,
    table: &str,
    values: &[Resealed],
) -> Result<i64, sqlx::Error> {
    let text = "SELECT clinic.reseal($1, $2, false)";
    sqlx::query_scalar(text).bind(table).bind(Json(values)).fetch_one(connection).await
}

/// The next rows of a table after an id, in the order of their ids: every value of the sealed columns that is not null, and
/// the id of the last row; `None` at the end. The names are the database's own.
pub(crate) async fn after(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &str,
    columns: &[String],
    id_column: &str,
    after: Uuid,
    most: i32,
) -> Result<Option<(Uuid, Vec<Rested>)>, sqlx::Error> {
    let list = columns.iter().map(|c| format!("t.{c}::text")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT t.{id_column}, ARRAY[{list}]::text[] FROM clinic.{table} t WHERE t.clinic_id = $1 AND t.{id_column} > $2 \
         ORDER BY t.{id_column} LIMIT $3"
    );
    let rows: Vec<(Uuid, Vec<Option<String>>)> = sqlx::query_as(AssertSqlSafe(text))
        .bind(clinic.0)
        .bind(after)
        .bind(most)
        .fetch_all(connection)
        .await?;
    let Some(last) = rows.last().map(|(id, _)| *id) else { return Ok(None) };
    let values = rows.into_iter().flat_map(|(id, values)| {
        let named = columns.iter().cloned().zip(values);
        named.filter_map(move |(col, value)| Some(Rested { id, col, value: value? })).collect::<Vec<_>>()
    });
    Ok(Some((last, values.collect())))
}

/// The tables with sealed columns: name, columns, the column of the id.
pub(crate) async fn tables(
    connection: &mut PgConnection,
) -> Result<Vec<(String, Vec<String>, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT tbl, array_agg(col ORDER BY col), min(id_col) FROM clinic.sealed_column GROUP BY tbl ORDER BY tbl",
    )
    .fetch_all(connection)
    .await
}
