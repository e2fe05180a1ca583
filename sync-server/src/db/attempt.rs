//! Sign-in attempts, counted in the database so that a restart forgets none. Names that were typed are kept as keyed hashes
//! that only the database makes.

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgPool};
use wattle_domain::ClinicId;

/// Attempts in a window: how many, and when the oldest of them was.
pub(crate) type Counted = (i64, Option<DateTime<Utc>>);

/// Makes attempts on one account come one after another until the transaction ends, so that each counts those before it.
pub(crate) async fn queue(
    connection: &mut PgConnection,
    clinic: ClinicId,
    username: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("sign-in {clinic} {username}"))
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes an attempt: `succeeded` is `None` while its password is looked at.
pub(crate) async fn note(
    connection: &mut PgConnection,
    at: DateTime<Utc>,
    clinic: Option<ClinicId>,
    username: &str,
    address: &str,
    succeeded: Option<bool>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT clinic.note_attempt($1, $2, $3, $4, $5)")
        .bind(at)
        .bind(clinic.map(|c| c.0))
        .bind(username)
        .bind(address)
        .bind(succeeded)
        .fetch_one(connection)
        .await
}

/// A wrong password.
pub(crate) async fn failed(connection: &mut PgConnection, attempt: i64) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT clinic.settle_attempt($1, false)").bind(attempt).execute(connection).await?;
    Ok(())
}

/// It says nothing either way.
pub(crate) async fn forget(connection: &mut PgConnection, attempt: i64) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT clinic.settle_attempt($1, true)").bind(attempt).execute(connection).await?;
    Ok(())
}

/// A good password: this attempt and the failures of the same account from the same address count no more.
pub(crate) async fn forgive(
    connection: &mut PgConnection,
    clinic: ClinicId,
    username: &str,
    address: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT clinic.forgive_attempts($1, $2, $3)")
        .bind(clinic.0)
        .bind(username)
        .bind(address)
        .execute(connection)
        .await?;
    Ok(())
}

/// Attempts on an account since a time that failed or are not decided.
pub(crate) async fn on_user(
    connection: &mut PgConnection,
    clinic: ClinicId,
    username: &str,
    since: DateTime<Utc>,
) -> Result<Counted, sqlx::Error> {
    sqlx::query_as("SELECT counted, oldest FROM clinic.attempts_on($1, $2, $3)")
        .bind(clinic.0)
        .bind(username)
        .bind(since)
        .fetch_one(connection)
        .await
}

/// Failures from a network address since a time.
pub(crate) async fn from_address(
    pool: &PgPool,
    address: &str,
    since: DateTime<Utc>,
) -> Result<Counted, sqlx::Error> {
    sqlx::query_as("SELECT counted, oldest FROM clinic.attempts_from($1, $2)")
        .bind(address)
        .bind(since)
        .fetch_one(pool)
        .await
}
