//! A clinic's OpenID provider, who is who there, and sign-ins that are under way.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId};

/// A clinic's provider.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub issuer: String,
    pub client_id: String,
    /// Which claim is compared with a login the first time.
    pub login_claim: String,
    pub label: String,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Provider {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            issuer: row.try_get("issuer")?,
            client_id: row.try_get("client_id")?,
            login_claim: row.try_get("login_claim")?,
            label: row.try_get("label")?,
        })
    }
}

/// The provider, where the clinic has one.
pub(crate) async fn provider(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Option<Provider>, sqlx::Error> {
    sqlx::query_as(
        "SELECT issuer, client_id, login_claim, label FROM clinic.openid_provider WHERE clinic_id = $1",
    )
    .bind(clinic.0)
    .fetch_optional(connection)
    .await
}

/// Keeps the provider of a clinic, in place of the one before.
pub(crate) async fn set_provider(
    connection: &mut PgConnection,
    clinic: ClinicId,
    provider: &Provider,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.openid_provider (clinic_id, issuer, client_id, login_claim, label) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (clinic_id) DO UPDATE SET issuer = $2, client_id = $3, login_claim = $4, label = $5",
    )
    .bind(clinic.0)
    .bind(&provider.issuer)
    .bind(&provider.client_id)
    .bind(&provider.login_claim)
    .bind(&provider.label)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a sign-in has begun, and forgets those that never came back.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    clinic: ClinicId,
    (id, nonce): (Uuid, &str),
    now: DateTime<Utc>,
    forgotten_before: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM clinic.openid_attempt WHERE clinic_id = $1 AND begun_at < $2")
        .bind(clinic.0)
        .bind(forgotten_before)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO clinic.openid_attempt (clinic_id, id, nonce, begun_at) VALUES ($1, $2, $3, $4)")
        .bind(clinic.0)
        .bind(id)
        .bind(nonce)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes what an attempt must carry and when it began, once; `None` when it is unknown, over or taken.
pub(crate) async fn take(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: Uuid,
    begun_after: DateTime<Utc>,
) -> Result<Option<(String, DateTime<Utc>)>, sqlx::Error> {
    sqlx::query_as(
        "DELETE FROM clinic.openid_attempt WHERE clinic_id = $1 AND id = $2 AND begun_at > $3 RETURNING nonce, begun_at",
    )
    .bind(clinic.0)
    .bind(id)
    .bind(begun_after)
    .fetch_optional(connection)
    .await
}

/// The account of somebody whom the provider knows by this id.
pub(crate) async fn by_subject(
    connection: &mut PgConnection,
    clinic: ClinicId,
    (issuer, subject): (&str, &str),
) -> Result<Option<UserId>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT l.user_id FROM clinic.openid_login l \
         JOIN clinic.user_account a ON a.clinic_id = l.clinic_id AND a.id = l.user_id AND a.active \
         WHERE l.clinic_id = $1 AND l.issuer = $2 AND l.subject = $3",
    )
    .bind(clinic.0)
    .bind(issuer)
    .bind(subject)
    .fetch_optional(connection)
    .await
    .map(|id: Option<Uuid>| id.map(UserId))
}

/// Binds the provider's id of somebody to the account whose login it is, the first time; `None` when there is none, or it is
/// bound to another.
pub(crate) async fn bind(
    connection: &mut PgConnection,
    clinic: ClinicId,
    (issuer, subject): (&str, &str),
    login: &str,
) -> Result<Option<UserId>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE clinic.openid_login l SET subject = $3 FROM clinic.user_account a \
         WHERE l.clinic_id = $1 AND l.issuer = $2 AND l.login = lower($4) AND l.subject IS NULL \
           AND a.clinic_id = l.clinic_id AND a.id = l.user_id AND a.active \
         RETURNING l.user_id",
    )
    .bind(clinic.0)
    .bind(issuer)
    .bind(subject)
    .bind(login)
    .fetch_optional(connection)
    .await
    .map(|id: Option<Uuid>| id.map(UserId))
}

/// Names the login of an account, in place of another; with `None` it has none. False when somebody else has it.
pub(crate) async fn set_login(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    login: Option<(&str, &str)>,
) -> Result<bool, sqlx::Error> {
    sqlx::query("DELETE FROM clinic.openid_login WHERE clinic_id = $1 AND user_id = $2")
        .bind(clinic.0)
        .bind(user.0)
        .execute(&mut *connection)
        .await?;
    let Some((issuer, login)) = login else { return Ok(true) };
    let done = sqlx::query(
        "INSERT INTO clinic.openid_login (clinic_id, user_id, issuer, login) VALUES ($1, $2, $3, lower($4)) \
         ON CONFLICT ON CONSTRAINT openid_login_once DO NOTHING",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(issuer)
    .bind(login)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
