//! Commands that could not be decided, for whoever must look: they rest sealed.

use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, WorkstationId};

use super::{AdminError, begin, note};
use crate::db::column_key;
use crate::kms::KeyRing;
use crate::seal::{QUARANTINED, Seals};

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
    let generation = column_key::newest(&mut tx, clinic).await?;
    let found: Vec<(Uuid, Uuid, String, String, String)> = sqlx::query_as(
        "SELECT command_id, workstation_id, reason, payload, signature FROM clinic.quarantine \
         WHERE clinic_id = $1 AND resolved_at IS NULL ORDER BY at, command_id",
    )
    .bind(clinic.0)
    .fetch_all(&mut *tx)
    .await?;
    // They are read whole, and they are about patients.
    note(&mut tx, clinic, "read_quarantine", None, serde_json::json!({"commands": found.len()})).await?;
    tx.commit().await?;
    let seals = Seals::new(owner.clone());
    if let Some(kms) = kms {
        seals.give(kms);
    }
    let sealer = seals.at(clinic, generation).await?;
    let whole = |(command, workstation, reason, payload, signature): (Uuid, Uuid, String, String, String)| {
        let payload =
            sealer.open_text(QUARANTINED, command, &payload).map_err(sqlx::Error::from)?.into_owned();
        let (command, workstation) = (CommandId(command), WorkstationId(workstation));
        Ok(Quarantined { command, workstation, reason, payload, signature })
    };
    found.into_iter().map(whole).collect()
}
