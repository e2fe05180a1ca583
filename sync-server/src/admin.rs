//! What an administrator does with the owner's account: clinics, users, codes.
//!
//! Owns: the rows that are there before anybody can sign in. Must never: be reachable over HTTP, leave the log of access
//! without a word.
//! Called by: the CLI, and tests.

mod note;
mod pass;
mod quarantine;
mod verify;

pub(crate) use note::note;
pub use pass::{ask_for_pass, lift_pass};
pub use quarantine::{Quarantined, quarantined, release, set_aside};
pub use verify::{Broken, Head, log_heads, verify_audit};

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, PractitionerId, Role, UserId};
use wattle_protocol::session::SHORTEST_PASSWORD;

use crate::db::{self, Identity};
use crate::error::ApiError;
use crate::kms::KmsError;
use crate::{password, secret};

/// Why it was not done; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database refused or went away.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A read model could not be refreshed.
    #[error("{0}")]
    Model(#[from] wattle_models::Error),
    /// The machine has no randomness or no thread.
    #[error("the machine failed: {}", .0.cause.as_deref().unwrap_or("no more is known"))]
    Machine(ApiError),
    /// Not a clinic of this database.
    #[error("there is no clinic {0}: `clinic create` makes one")]
    NoClinic(ClinicId),
    /// It is open, or was never closed.
    #[error("the clinic {0} is not closed: nothing was done")]
    NotClosed(ClinicId),
    /// A name that is taken.
    #[error("the user name is taken in this clinic: choose another")]
    UsernameTaken,
    /// Nothing of it was ever sealed.
    #[error("the clinic {0} has no key yet: a server with a KMS makes it at the first write")]
    NoKeys(ClinicId),
    /// The key management service.
    #[error("{0}")]
    Kms(#[from] KmsError),
    /// Not in quarantine, or seen to already.
    #[error(
        "the command {0} is not in quarantine, or somebody has seen to it: `quarantine` lists what is there"
    )]
    NotThere(CommandId),
    /// A command in quarantine that could not be decided now either.
    #[error("nothing was done: {0}")]
    Undecided(String),
    /// A command is not set aside without a word.
    #[error("say in up to 200 characters why it is set aside, without anything about the patient")]
    NoReason,
    /// A password that is too short.
    #[error("the password has fewer than 10 characters: choose a longer one")]
    ShortPassword,
}

impl From<ApiError> for AdminError {
    fn from(error: ApiError) -> Self {
        Self::Machine(error)
    }
}

/// A user to make.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Name of the account; kept in lower case.
    pub username: String,
    /// `Maria Costa`.
    pub display_name: String,
    /// As what.
    pub roles: Vec<Role>,
    /// At least 10 characters.
    pub password: String,
    /// Family name of their column in the day book; linked when it is there, made when it is not.
    pub practitioner: Option<String>,
}

/// Makes a clinic.
///
/// # Errors
/// See [`AdminError`].
pub async fn create_clinic(
    owner: &PgPool,
    id: Option<ClinicId>,
    name: &str,
    zone: &str,
) -> Result<ClinicId, AdminError> {
    let clinic = id.unwrap_or_else(|| ClinicId(Uuid::now_v7()));
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    sqlx::query("INSERT INTO clinic.clinic (clinic_id, id, name, time_zone) VALUES ($1, $1, $2, $3)")
        .bind(clinic.0)
        .bind(name)
        .bind(zone)
        .execute(&mut *tx)
        .await?;
    note(&mut tx, clinic, "create_clinic", None, json!({})).await?;
    tx.commit().await?;
    Ok(clinic)
}

/// Opens a clinic that was closed until its switch; since when it was closed. What waits at its workstations goes out.
///
/// # Errors
/// [`AdminError::NotClosed`]; see [`AdminError`].
pub async fn open_clinic(owner: &PgPool, clinic: ClinicId) -> Result<DateTime<Utc>, AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let closed: Option<DateTime<Utc>> = sqlx::query_scalar(
        "SELECT closed_at FROM clinic.switchover WHERE clinic_id = $1 AND switched_at IS NULL FOR UPDATE",
    )
    .bind(clinic.0)
    .fetch_optional(&mut *tx)
    .await?;
    let closed_at = closed.ok_or(AdminError::NotClosed(clinic))?;
    sqlx::query("SELECT clinic.open_at_switch()").execute(&mut *tx).await?;
    note(&mut tx, clinic, "open_clinic", None, json!({"closed_at": closed_at})).await?;
    tx.commit().await?;
    Ok(closed_at)
}

/// Makes a user with roles, and links or makes their column in the day book.
///
/// # Errors
/// See [`AdminError`].
pub async fn add_user(
    owner: &PgPool,
    clinic: ClinicId,
    new: NewUser,
) -> Result<(UserId, Option<PractitionerId>), AdminError> {
    if new.password.chars().count() < SHORTEST_PASSWORD {
        return Err(AdminError::ShortPassword);
    }
    let phc = password::hash(new.password).await?;
    let user = UserId(Uuid::now_v7());
    let mut tx = begin(owner, clinic).await?;
    let username = new.username.trim().to_lowercase();
    if !db::admin::add_account(&mut tx, clinic, user, &username, &new.display_name, &phc).await? {
        return Err(AdminError::UsernameTaken);
    }
    db::admin::set_roles(&mut tx, clinic, user, &new.roles).await?;
    let practitioner = match &new.practitioner {
        Some(family_name) => {
            Some(link_practitioner(&mut tx, clinic, user, family_name, &new.display_name).await?)
        }
        None => None,
    };
    note(&mut tx, clinic, "add_account", Some(user.0), json!({"roles": new.roles})).await?;
    tx.commit().await?;
    Ok((user, practitioner))
}

async fn link_practitioner(
    tx: &mut Transaction<'static, Postgres>,
    clinic: ClinicId,
    user: UserId,
    family_name: &str,
    display_name: &str,
) -> Result<PractitionerId, AdminError> {
    let linked: Option<Uuid> = sqlx::query_scalar(
        "UPDATE clinic.practitioner SET user_id = $2 WHERE clinic_id = $1 AND id = (SELECT id FROM \
         clinic.practitioner WHERE clinic_id = $1 AND lower(family_name) = lower($3) AND user_id IS NULL \
         AND deleted_at IS NULL ORDER BY sort, id LIMIT 1) RETURNING id",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(family_name)
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = linked {
        return Ok(PractitionerId(id));
    }
    let id = Uuid::now_v7();
    // `Dr Wei Lee` and `Lee` give the given name `Wei`.
    let given = display_name.trim_start_matches("Dr ").trim_end_matches(family_name).trim();
    sqlx::query(
        "INSERT INTO clinic.practitioner (clinic_id, id, user_id, family_name, given_name, usual_duration_min, sort, \
         active) SELECT $1, $2, $3, $4, nullif($5, ''), 15, 1 + coalesce(max(sort), 0), true \
         FROM clinic.practitioner WHERE clinic_id = $1",
    )
    .bind(clinic.0)
    .bind(id)
    .bind(user.0)
    .bind(family_name)
    .bind(given)
    .execute(&mut **tx)
    .await?;
    Ok(PractitionerId(id))
}

/// Makes a one-time code that enrols a workstation within 24 hours.
///
/// # Errors
/// See [`AdminError`].
pub async fn enrolment_code(
    owner: &PgPool,
    clinic: ClinicId,
    now: DateTime<Utc>,
) -> Result<String, AdminError> {
    let code = secret::code()?;
    let mut tx = begin(owner, clinic).await?;
    let until = now + chrono::TimeDelta::hours(secret::CODE_HOURS);
    let id = db::admin::add_code(&mut tx, clinic, &secret::code_hash(&code), until).await?;
    note(&mut tx, clinic, "make_code", Some(id), json!({})).await?;
    tx.commit().await?;
    Ok(code)
}

/// Names the OpenID provider that people of a clinic may sign in with, in place of the one before.
///
/// # Errors
/// See [`AdminError`]; the database refuses an issuer that is neither `https` nor this computer.
pub async fn set_openid_provider(
    owner: &PgPool,
    clinic: ClinicId,
    issuer: String,
    client_id: String,
    login_claim: String,
    label: String,
) -> Result<(), AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let provider = db::openid::Provider { issuer, client_id, login_claim, label };
    db::openid::set_provider(&mut tx, clinic, &provider).await?;
    let detail = json!({"issuer": provider.issuer, "login_claim": provider.login_claim});
    note(&mut tx, clinic, "set_openid_provider", None, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Says that a backup was restored: raises the epoch, so that every workstation compares what it has and offers again
/// what it was told is safe. Returns the new epoch.
///
/// # Errors
/// See [`AdminError`].
pub async fn restored(owner: &PgPool) -> Result<String, AdminError> {
    let epoch: String = sqlx::query_scalar("SELECT sync.restored()").fetch_one(owner).await?;
    let clinics: Vec<Uuid> =
        sqlx::query_scalar("SELECT DISTINCT clinic_id FROM clinic.audit_head ORDER BY 1")
            .fetch_all(owner)
            .await?;
    for clinic in clinics.into_iter().map(ClinicId) {
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        note(&mut tx, clinic, "restored", None, json!({"epoch": epoch})).await?;
        tx.commit().await?;
    }
    Ok(epoch)
}

/// A transaction in a clinic that exists.
pub(crate) async fn begin(
    owner: &PgPool,
    clinic: ClinicId,
) -> Result<Transaction<'static, Postgres>, AdminError> {
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM clinic.clinic WHERE clinic_id = $1)")
        .bind(clinic.0)
        .fetch_one(&mut *tx)
        .await?;
    if there { Ok(tx) } else { Err(AdminError::NoClinic(clinic)) }
}
