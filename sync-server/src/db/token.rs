//! Access and refresh tokens: only their hashes are kept.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// A token as it was found, with what has become of its user and workstation.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub clinic_id: Uuid,
    pub id: Uuid,
    pub kind: String,
    pub user_id: Uuid,
    pub workstation_id: Uuid,
    pub family: Uuid,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub user_active: bool,
    /// `ok`, `suspended` or `wipe`.
    pub state: String,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Found {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            clinic_id: row.try_get("clinic_id")?,
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            user_id: row.try_get("user_id")?,
            workstation_id: row.try_get("workstation_id")?,
            family: row.try_get("family")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
            user_active: row.try_get("user_active")?,
            state: row.try_get("state")?,
        })
    }
}

/// A token to keep.
#[derive(Clone, Debug)]
pub(crate) struct New<'a> {
    pub kind: &'a str,
    pub hash: &'a [u8],
    pub user: Uuid,
    pub workstation: Uuid,
    pub family: Uuid,
    pub parent: Option<Uuid>,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(crate) async fn find(pool: &PgPool, hash: &[u8]) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM clinic.find_token($1)").bind(hash).fetch_optional(pool).await
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    clinic: ClinicId,
    token: &New<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.token (clinic_id, kind, hash, user_id, workstation_id, family, parent, issued_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(clinic.0)
    .bind(token.kind)
    .bind(token.hash)
    .bind(token.user)
    .bind(token.workstation)
    .bind(token.family)
    .bind(token.parent)
    .bind(token.issued_at)
    .bind(token.expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a refresh token used; false when somebody else was quicker or it is revoked. Its row stays locked.
pub(crate) async fn use_once(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE clinic.token SET used_at = $3 \
         WHERE clinic_id = $1 AND id = $2 AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(id)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes the pair that a used refresh token was exchanged for, if it was exchanged after `since` and that pair's own
/// refresh token was never used: the answer was lost on its way. False when it was not so.
pub(crate) async fn take_back_unused_heirs(
    connection: &mut PgConnection,
    clinic: ClinicId,
    parent: Uuid,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (exchanged, used): (Option<DateTime<Utc>>, bool) = sqlx::query_as(
        "SELECT (SELECT used_at FROM clinic.token WHERE clinic_id = $1 AND id = $2 AND revoked_at IS NULL FOR UPDATE), \
         EXISTS (SELECT FROM clinic.token WHERE clinic_id = $1 AND parent = $2 AND kind = 'refresh' \
                 AND (used_at IS NOT NULL))",
    )
    .bind(clinic.0)
    .bind(parent)
    .fetch_one(&mut *connection)
    .await?;
    if used || exchanged.is_none_or(|at| at <= since) {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE clinic.token SET revoked_at = $3 WHERE clinic_id = $1 AND parent = $2 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(parent)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(true)
}

/// Ends every token that descends from one sign-in.
pub(crate) async fn revoke_family(
    connection: &mut PgConnection,
    clinic: ClinicId,
    family: Uuid,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.token SET revoked_at = $3 WHERE clinic_id = $1 AND family = $2 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(family)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every token of a user.
pub(crate) async fn revoke_user(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.token SET revoked_at = $3 WHERE clinic_id = $1 AND user_id = $2 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every token of a user at other workstations.
pub(crate) async fn revoke_elsewhere(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    here: WorkstationId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.token SET revoked_at = $4 \
         WHERE clinic_id = $1 AND user_id = $2 AND workstation_id <> $3 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(here.0)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every token of a workstation.
pub(crate) async fn revoke_workstation(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.token SET revoked_at = $3 WHERE clinic_id = $1 AND workstation_id = $2 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets tokens of a workstation that ended before a time.
pub(crate) async fn sweep(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: Uuid,
    ended_before: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM clinic.token WHERE clinic_id = $1 AND workstation_id = $2 AND expires_at < $3")
        .bind(clinic.0)
        .bind(workstation)
        .bind(ended_before)
        .execute(connection)
        .await?;
    Ok(())
}
