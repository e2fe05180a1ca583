//! Sign-in attempts, counted in the database so that a restart forgets none.

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgPool};
use wattle_domain::ClinicId;

/// Failures in a window: how many, and when the oldest of them was.
pub(crate) type Failures = (i64, Option<DateTime<Utc>>);

/// Notes an attempt before its password is looked at, so that many at once are all counted.
pub(crate) async fn note(
    connection: &mut PgConnection,
    at: DateTime<Utc>,
    clinic: Option<ClinicId>,
    username: &str,
    address: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO clinic.sign_in_attempt (at, clinic_id, username, address) VALUES ($1, $2, $3, $4) RETURNING id",
    )
    .bind(at)
    .bind(clinic.map(|c| c.0))
    .bind(username)
    .bind(address)
    .fetch_one(connection)
    .await
}

/// A good password: this attempt and the failures of the same account before it count no more.
pub(crate) async fn forgive(
    connection: &mut PgConnection,
    clinic: ClinicId,
    username: &str,
    address: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.sign_in_attempt SET succeeded = true \
         WHERE NOT succeeded AND clinic_id = $1 AND username = $2 AND address = $3",
    )
    .bind(clinic.0)
    .bind(username)
    .bind(address)
    .execute(connection)
    .await?;
    Ok(())
}

/// Failures of an account since a time.
pub(crate) async fn failures_of_user(
    pool: &PgPool,
    clinic: ClinicId,
    username: &str,
    since: DateTime<Utc>,
) -> Result<Failures, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), min(at) FROM clinic.sign_in_attempt \
         WHERE NOT succeeded AND clinic_id = $1 AND username = $2 AND at > $3",
    )
    .bind(clinic.0)
    .bind(username)
    .bind(since)
    .fetch_one(pool)
    .await
}

/// Failures from a network address since a time.
pub(crate) async fn failures_of_address(
    pool: &PgPool,
    address: &str,
    since: DateTime<Utc>,
) -> Result<Failures, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), min(at) FROM clinic.sign_in_attempt WHERE NOT succeeded AND address = $1 AND at > $2",
    )
    .bind(address)
    .bind(since)
    .fetch_one(pool)
    .await
}
