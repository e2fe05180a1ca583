//! Enrolled devices and the codes that enrol them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// A workstation as the server has it.
#[derive(Clone, Debug)]
pub(crate) struct Workstation {
    pub name: String,
    pub secret_hash: Vec<u8>,
    /// `ok`, `suspended` or `wipe`.
    pub state: String,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Workstation {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            secret_hash: row.try_get("secret_hash")?,
            state: row.try_get("state")?,
        })
    }
}

const COLUMNS: &str =
    "SELECT name, secret_hash, state FROM clinic.workstation WHERE clinic_id = $1 AND id = $2";

pub(crate) async fn clinic_of(pool: &PgPool, id: WorkstationId) -> Result<Option<ClinicId>, sqlx::Error> {
    let found: Option<Uuid> =
        sqlx::query_scalar("SELECT clinic.clinic_of_workstation($1)").bind(id.0).fetch_one(pool).await?;
    Ok(found.map(ClinicId))
}

pub(crate) async fn clinic_of_code(pool: &PgPool, hash: &[u8]) -> Result<Option<ClinicId>, sqlx::Error> {
    let found: Option<Uuid> =
        sqlx::query_scalar("SELECT clinic.clinic_of_code($1)").bind(hash).fetch_one(pool).await?;
    Ok(found.map(ClinicId))
}

pub(crate) async fn get(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: WorkstationId,
) -> Result<Option<Workstation>, sqlx::Error> {
    sqlx::query_as(COLUMNS).bind(clinic.0).bind(id.0).fetch_optional(connection).await
}

/// A clinic with more names than this is told the first of them: a name is a comfort, not a need.
const NAMES: i64 = 500;

/// What the clinic's workstations are called, for people who ask where something was typed.
pub(crate) async fn names(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<BTreeMap<WorkstationId, String>, sqlx::Error> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, name FROM clinic.workstation WHERE clinic_id = $1 ORDER BY last_seen_at DESC NULLS LAST, id LIMIT $2",
    )
    .bind(clinic.0)
    .bind(NAMES)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(id, name)| (WorkstationId(id), name)).collect())
}

/// Notes that it was heard of, and its app's version.
pub(crate) async fn seen(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: WorkstationId,
    at: DateTime<Utc>,
    app_version: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.workstation SET last_seen_at = $3, app_version = coalesce($4, app_version) \
         WHERE clinic_id = $1 AND id = $2",
    )
    .bind(clinic.0)
    .bind(id.0)
    .bind(at)
    .bind(app_version)
    .execute(connection)
    .await?;
    Ok(())
}

/// What its keys sign from now on is not believed. Whoever signs in at it again with the same key makes that good again.
pub(crate) async fn revoke_keys(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: WorkstationId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.signing_key SET revoked_at = now() \
         WHERE clinic_id = $1 AND workstation_id = $2 AND revoked_at IS NULL",
    )
    .bind(clinic.0)
    .bind(id.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// It has destroyed its keys: what they sign from now on was signed by somebody else.
pub(crate) async fn wiped(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: WorkstationId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH revoked AS (UPDATE clinic.signing_key SET revoked_at = now() \
           WHERE clinic_id = $1 AND workstation_id = $2 AND revoked_at IS NULL) \
         UPDATE clinic.workstation SET state = 'wiped' WHERE clinic_id = $1 AND id = $2 AND state = 'wipe'",
    )
    .bind(clinic.0)
    .bind(id.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a code of this clinic can be used now.
pub(crate) async fn code_is_good(
    connection: &mut PgConnection,
    clinic: ClinicId,
    code_hash: &[u8],
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM clinic.enrolment_code \
         WHERE clinic_id = $1 AND code_hash = $2 AND used_at IS NULL AND expires_at > $3)",
    )
    .bind(clinic.0)
    .bind(code_hash)
    .bind(at)
    .fetch_one(connection)
    .await
}

/// A computer that becomes a workstation.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment<'a> {
    pub id: WorkstationId,
    pub name: &'a str,
    pub secret_hash: &'a [u8],
    pub code_hash: &'a [u8],
    pub by: UserId,
}

/// Uses the code up and makes the workstation; false when the code is not good any more.
pub(crate) async fn enrol(
    connection: &mut PgConnection,
    clinic: ClinicId,
    new: &Enrolment<'_>,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let used = sqlx::query(
        "UPDATE clinic.enrolment_code SET used_at = $3, used_by_workstation = $4 \
         WHERE clinic_id = $1 AND code_hash = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(clinic.0)
    .bind(new.code_hash)
    .bind(at)
    .bind(new.id.0)
    .execute(&mut *connection)
    .await?;
    if used.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO clinic.workstation (clinic_id, id, name, secret_hash, enrolled_at, enrolled_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(clinic.0)
    .bind(new.id.0)
    .bind(new.name)
    .bind(new.secret_hash)
    .bind(at)
    .bind(new.by.0)
    .execute(connection)
    .await?;
    Ok(true)
}
