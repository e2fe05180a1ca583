//! Accounts, their roles and their signing keys.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;
use wattle_domain::{ClinicId, Role, UserId, WorkstationId};

/// What sign-in must know of an account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub id: Uuid,
    pub password_phc: String,
    pub active: bool,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Account {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            password_phc: row.try_get("password_phc")?,
            active: row.try_get("active")?,
        })
    }
}

pub(crate) async fn by_username(
    connection: &mut PgConnection,
    clinic: ClinicId,
    username: &str,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, password_phc, active FROM clinic.user_account WHERE clinic_id = $1 AND username = $2 AND NOT system",
    )
    .bind(clinic.0)
    .bind(username)
    .fetch_optional(connection)
    .await
}

/// What an account is called at sign-in.
pub(crate) async fn username(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT username FROM clinic.user_account WHERE clinic_id = $1 AND id = $2")
        .bind(clinic.0)
        .bind(user.0)
        .fetch_optional(connection)
        .await
}

/// Whether somebody else set the password of an account.
pub(crate) async fn password_given(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let given: Option<bool> =
        sqlx::query_scalar("SELECT password_given FROM clinic.user_account WHERE clinic_id = $1 AND id = $2")
            .bind(clinic.0)
            .bind(user.0)
            .fetch_optional(connection)
            .await?;
    Ok(given.unwrap_or_default())
}

/// Another password for the acting user; false when there is no such account any more.
pub(crate) async fn set_own_password(connection: &mut PgConnection, phc: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT clinic.set_own_password($1)").bind(phc).fetch_one(connection).await
}

/// The roles of an active account; none for one that is closed or unknown.
pub(crate) async fn roles(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<Vec<Role>, sqlx::Error> {
    let words: Vec<String> = sqlx::query_scalar(
        "SELECT r.role FROM clinic.user_role r JOIN clinic.user_account a \
         ON a.clinic_id = r.clinic_id AND a.id = r.user_id AND a.active \
         WHERE r.clinic_id = $1 AND r.user_id = $2",
    )
    .bind(clinic.0)
    .bind(user.0)
    .fetch_all(connection)
    .await?;
    let mut roles: Vec<Role> = words.iter().filter_map(|w| w.parse().ok()).collect();
    roles.sort();
    Ok(roles)
}

/// The names for the screen: of the person and of the clinic. Both are reference rows, read as the acting user.
pub(crate) async fn names(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<(String, String), sqlx::Error> {
    let names: Option<(Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT (SELECT display_name FROM clinic.user_name WHERE clinic_id = $1 AND id = $2), \
         (SELECT name FROM clinic.clinic WHERE clinic_id = $1)",
    )
    .bind(clinic.0)
    .bind(user.0)
    .fetch_optional(connection)
    .await?;
    let (display, clinic) = names.unwrap_or_default();
    Ok((display.unwrap_or_default(), clinic.unwrap_or_default()))
}

pub(crate) async fn register_key(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    workstation: WorkstationId,
    public_key: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.signing_key (clinic_id, user_id, workstation_id, public_key) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (clinic_id, user_id, workstation_id, public_key) DO UPDATE SET revoked_at = NULL \
         WHERE signing_key.revoked_at IS NOT NULL",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(workstation.0)
    .bind(public_key)
    .execute(connection)
    .await?;
    Ok(())
}
