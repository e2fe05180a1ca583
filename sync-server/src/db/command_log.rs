//! Verdicts by command, failures by command, and the quarantine.

use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, UserId, WorkstationId};
use wattle_protocol::push::Verdict;
use wattle_sync_rules::push::Logged;

use crate::seal::{QUARANTINED, Sealer};

/// The verdicts of some commands, of those that have one.
pub(crate) async fn verdicts(
    connection: &mut PgConnection,
    clinic: ClinicId,
    commands: &[Uuid],
) -> Result<Vec<(CommandId, Logged)>, sqlx::Error> {
    let rows: Vec<(Uuid, Vec<u8>, Json<Verdict>)> = sqlx::query_as(
        "SELECT command_id, payload_hash, verdict FROM clinic.command_log \
         WHERE clinic_id = $1 AND command_id = ANY ($2)",
    )
    .bind(clinic.0)
    .bind(commands)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, payload_hash, Json(verdict))| (CommandId(id), Logged { payload_hash, verdict }))
        .collect())
}

/// Counts one more failure of the server over a command; returns how many there were.
pub(crate) async fn count_fault(
    connection: &mut PgConnection,
    clinic: ClinicId,
    command: CommandId,
    payload_hash: &[u8],
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO clinic.command_fault AS f (clinic_id, command_id, payload_hash) VALUES ($1, $2, $3) \
         ON CONFLICT (clinic_id, command_id, payload_hash) DO UPDATE SET faults = f.faults + 1, last_at = now() \
         RETURNING faults",
    )
    .bind(clinic.0)
    .bind(command.0)
    .bind(payload_hash)
    .fetch_one(connection)
    .await
}

/// A command to keep whole.
#[derive(Clone, Debug)]
pub(crate) struct Kept<'a> {
    pub command: CommandId,
    pub workstation: WorkstationId,
    pub delivered_by: UserId,
    pub payload: &'a str,
    pub signature: &'a str,
    pub reason: &'a str,
}

/// Keeps a command whole, until somebody looks; false when it is kept already.
pub(crate) async fn quarantine(
    connection: &mut PgConnection,
    sealer: &Sealer,
    kept: &Kept<'_>,
) -> Result<bool, sqlx::Error> {
    let payload = sealer.seal_text(QUARANTINED, kept.command.0, kept.payload)?;
    let done = sqlx::query(
        "INSERT INTO clinic.quarantine (clinic_id, command_id, workstation_id, delivered_by, payload, signature, \
         reason) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(sealer.clinic().0)
    .bind(kept.command.0)
    .bind(kept.workstation.0)
    .bind(kept.delivered_by.0)
    .bind(payload)
    .bind(kept.signature)
    .bind(kept.reason)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets that commands were said to be in quarantine: they are decided now. Only the owner may.
pub(crate) async fn unsay(
    connection: &mut PgConnection,
    clinic: ClinicId,
    commands: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM clinic.command_log \
         WHERE clinic_id = $1 AND command_id = ANY ($2) AND verdict ->> 'verdict' = 'quarantined'",
    )
    .bind(clinic.0)
    .bind(commands)
    .execute(connection)
    .await?;
    Ok(())
}

/// Somebody has seen to a command in quarantine, which stays there; false when somebody had before. Only the owner may.
pub(crate) async fn resolve(
    connection: &mut PgConnection,
    clinic: ClinicId,
    command: CommandId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE clinic.quarantine SET resolved_at = now() \
         WHERE clinic_id = $1 AND command_id = $2 AND resolved_at IS NULL",
    )
    .bind(clinic.0)
    .bind(command.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
