//! Secrets of authenticator apps, wrapped, and where a code was given last.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// What rests of an account's secret.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub wrapped: Vec<u8>,
    /// The name of the key that wrapped it.
    pub kms_key: String,
    /// Codes are asked for.
    pub confirmed: bool,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Kept {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            wrapped: row.try_get("wrapped")?,
            kms_key: row.try_get("kms_key")?,
            confirmed: row.try_get("confirmed")?,
        })
    }
}

/// An account's, if it has one.
pub(crate) async fn of(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<Option<Kept>, sqlx::Error> {
    sqlx::query_as(
        "SELECT wrapped, kms_key, confirmed_at IS NOT NULL AS confirmed FROM clinic.second_factor \
         WHERE clinic_id = $1 AND user_id = $2",
    )
    .bind(clinic.0)
    .bind(user.0)
    .fetch_optional(connection)
    .await
}

/// Keeps a new secret in place of one that was never confirmed; false when a confirmed one is there.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    (wrapped, kms_key): (&[u8], &str),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO clinic.second_factor (clinic_id, user_id, wrapped, kms_key) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (clinic_id, user_id) DO UPDATE SET wrapped = $3, kms_key = $4, created_at = now(), last_step = 0 \
         WHERE second_factor.confirmed_at IS NULL",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(wrapped)
    .bind(kms_key)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the code of a step, once: false when this one or a later one was taken before.
pub(crate) async fn take(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    step: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE clinic.second_factor SET last_step = $3 WHERE clinic_id = $1 AND user_id = $2 AND last_step < $3",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(step)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// From now on codes are asked for.
pub(crate) async fn confirm(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE clinic.second_factor SET confirmed_at = $3 WHERE clinic_id = $1 AND user_id = $2")
        .bind(clinic.0)
        .bind(user.0)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// From now on none are; false when none were.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM clinic.second_factor WHERE clinic_id = $1 AND user_id = $2")
        .bind(clinic.0)
        .bind(user.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A code was given at a workstation.
pub(crate) async fn give(
    connection: &mut PgConnection,
    clinic: ClinicId,
    (user, at): (UserId, WorkstationId),
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.second_factor_given (clinic_id, user_id, workstation_id, given_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (clinic_id, user_id, workstation_id) DO UPDATE SET given_at = $4",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(at.0)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// When a code was given at a workstation last.
pub(crate) async fn given(
    connection: &mut PgConnection,
    clinic: ClinicId,
    (user, at): (UserId, WorkstationId),
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT given_at FROM clinic.second_factor_given WHERE clinic_id = $1 AND user_id = $2 AND workstation_id = $3",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(at.0)
    .fetch_optional(connection)
    .await
}
