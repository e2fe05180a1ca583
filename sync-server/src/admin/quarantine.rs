//! Commands that could not be decided, for whoever must look: they rest sealed. Each is decided after all, or set aside for
//! good; either way it stays where it is, and the log of access says what was done.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, Envelope, UserId, WorkstationId};
use wattle_protocol::push::{Answer, Signed};
use wattle_protocol::session::WorkstationState;

use super::{AdminError, begin, note};
use crate::apply;
use crate::auth::Session;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::db::{column_key, command_log};
use crate::kms::KeyRing;
use crate::seal::{QUARANTINED, Sealer, Seals};
use crate::state::AppState;

/// One of them, whole. What it says is about a patient: not for a log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Quarantined {
    /// Its id.
    pub command: CommandId,
    /// Who delivered it.
    pub workstation: WorkstationId,
    /// A code.
    pub reason: String,
    /// As it was signed.
    pub payload: String,
    /// Base64.
    pub signature: String,
}

/// The same with who brought it, and when.
struct Kept {
    quarantined: Quarantined,
    delivered_by: UserId,
    at: DateTime<Utc>,
}

/// A clinic's commands in quarantine that nobody has resolved, oldest first.
///
/// # Errors
/// See [`AdminError`].
pub async fn quarantined(
    owner: &PgPool,
    kms: Option<KeyRing>,
    clinic: ClinicId,
) -> Result<Vec<Quarantined>, AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let sealer = sealer(owner, &mut tx, kms, clinic).await?;
    let found = unresolved(&mut tx, &sealer).await?;
    // They are read whole, and they are about patients.
    note(&mut tx, clinic, "read_quarantine", None, json!({"commands": found.len()})).await?;
    tx.commit().await?;
    Ok(found.into_iter().map(|kept| kept.quarantined).collect())
}

/// Decides a command that is in quarantine, with the rest of its group, as a push would have: the signature is verified
/// again, by the keys that were good when it came. Gives the answer to each.
///
/// # Errors
/// [`AdminError::NotThere`]; [`AdminError::Undecided`] when nothing was done, and why.
pub async fn release(
    owner: &PgPool,
    kms: Option<KeyRing>,
    clinic: ClinicId,
    command: CommandId,
) -> Result<Vec<Answer>, AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let sealer = sealer(owner, &mut tx, kms.clone(), clinic).await?;
    let mut all = unresolved(&mut tx, &sealer).await?;
    tx.commit().await?;
    let group = |kept: &Kept| {
        let envelope = serde_json::from_str::<Envelope>(&kept.quarantined.payload).ok()?;
        envelope.group.map(|group| (kept.quarantined.workstation, group.id))
    };
    let wanted = all.iter().find(|kept| kept.quarantined.command == command);
    let wanted = wanted.ok_or(AdminError::NotThere(command))?;
    let (session, at, group_of) = (session(clinic, wanted), wanted.at, group(wanted));
    all.retain(|kept| kept.quarantined.command == command || group_of.is_some() && group(kept) == group_of);
    // Those of a group came together.
    let kept_at = all.iter().map(|kept| kept.at).min().unwrap_or(at);
    let commands = all.into_iter().map(|Kept { quarantined, .. }| Signed {
        payload: quarantined.payload,
        signature: quarantined.signature,
    });
    let commands = commands.collect();
    // Nobody listens here; the serving nodes find the rows at their next look.
    let app =
        AppState::new(owner.clone(), Config { notify: false, ..Config::default() }, Arc::new(SystemClock));
    if let Some(kms) = kms {
        app.seals.give(kms);
    }
    let released = apply::release(&app, &session, commands, kept_at).await;
    app.stop();
    let released = released.map_err(|error| AdminError::Undecided(error.cause.unwrap_or_default()))?;
    Ok(released.answers)
}

/// Says that a command in quarantine is to stay undecided, and why: the admin's words, not the patient's.
///
/// # Errors
/// [`AdminError::NotThere`]; [`AdminError::NoReason`].
pub async fn set_aside(
    owner: &PgPool,
    clinic: ClinicId,
    command: CommandId,
    reason: &str,
) -> Result<(), AdminError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(AdminError::NoReason);
    }
    let mut tx = begin(owner, clinic).await?;
    if !command_log::resolve(&mut tx, clinic, command).await? {
        return Err(AdminError::NotThere(command));
    }
    let detail = json!({"reason": reason});
    note(&mut tx, clinic, "set_aside_quarantined", Some(command.0), detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn sealer(
    owner: &PgPool,
    connection: &mut PgConnection,
    kms: Option<KeyRing>,
    clinic: ClinicId,
) -> Result<Sealer, AdminError> {
    let generation = column_key::newest(connection, clinic).await?;
    let seals = Seals::new(owner.clone());
    if let Some(kms) = kms {
        seals.give(kms);
    }
    Ok(seals.at(clinic, generation).await?)
}

async fn unresolved(connection: &mut PgConnection, sealer: &Sealer) -> Result<Vec<Kept>, AdminError> {
    type Found = (Uuid, Uuid, Uuid, String, String, String, DateTime<Utc>);
    let found: Vec<Found> = sqlx::query_as(
        "SELECT command_id, workstation_id, delivered_by, reason, payload, signature, at FROM clinic.quarantine \
         WHERE clinic_id = $1 AND resolved_at IS NULL ORDER BY at, command_id",
    )
    .bind(sealer.clinic().0)
    .fetch_all(connection)
    .await?;
    let whole = |(command, workstation, delivered_by, reason, payload, signature, at): Found| {
        let payload =
            sealer.open_text(QUARANTINED, command, &payload).map_err(sqlx::Error::from)?.into_owned();
        let (command, workstation) = (CommandId(command), WorkstationId(workstation));
        let quarantined = Quarantined { command, workstation, reason, payload, signature };
        Ok(Kept { quarantined, delivered_by: UserId(delivered_by), at })
    };
    found.into_iter().map(whole).collect()
}

/// As whoever brought it.
fn session(clinic: ClinicId, kept: &Kept) -> Session {
    Session {
        clinic,
        user: kept.delivered_by,
        workstation: kept.quarantined.workstation,
        token: Uuid::nil(),
        until: kept.at.into(),
        state: WorkstationState::Ok,
    }
}
