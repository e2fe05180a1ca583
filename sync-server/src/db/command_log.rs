//! Verdicts by command, failures by command, and the quarantine.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, ReplicaId, UserId, WorkstationId};
use wattle_protocol::push::Verdict;
use wattle_sync_rules::push::Logged;

/// A command to log.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub command: CommandId,
    pub workstation: WorkstationId,
    pub replica: Option<ReplicaId>,
    pub n: i64,
    pub author: UserId,
    pub name: &'a str,
    pub payload: &'a str,
    pub payload_hash: &'a [u8],
    pub signature: &'a [u8],
    pub verdict: &'a Verdict,
}

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

/// The command that the server has under each of some numbers of a workstation's files; the first, where there are two.
pub(crate) async fn numbered(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
    numbers: &BTreeSet<(ReplicaId, i64)>,
) -> Result<BTreeMap<(ReplicaId, i64), CommandId>, sqlx::Error> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (replicas, ns): (Vec<Uuid>, Vec<i64>) = numbers.iter().map(|(replica, n)| (replica.0, *n)).unzip();
    let rows: Vec<(Uuid, i64, Uuid)> = sqlx::query_as(
        "SELECT DISTINCT ON (replica_id, n) replica_id, n, command_id FROM clinic.command_log \
         JOIN unnest($3::uuid[], $4::bigint[]) AS asked (replica_id, n) USING (replica_id, n) \
         WHERE clinic_id = $1 AND workstation_id = $2 ORDER BY replica_id, n, decided_at",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(replicas)
    .bind(ns)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(replica, n, command)| ((ReplicaId(replica), n), CommandId(command))).collect())
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    clinic: ClinicId,
    entry: &Entry<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.command_log (clinic_id, command_id, workstation_id, n, author_id, name, payload, \
         payload_hash, signature, verdict, replica_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(clinic.0)
    .bind(entry.command.0)
    .bind(entry.workstation.0)
    .bind(entry.n)
    .bind(entry.author.0)
    .bind(entry.name)
    .bind(entry.payload)
    .bind(entry.payload_hash)
    .bind(entry.signature)
    .bind(Json(entry.verdict))
    .bind(entry.replica.map(|replica| replica.0))
    .execute(connection)
    .await?;
    Ok(())
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

/// Keeps a command whole, until somebody looks.
pub(crate) async fn quarantine(
    connection: &mut PgConnection,
    clinic: ClinicId,
    kept: &Kept<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.quarantine (clinic_id, command_id, workstation_id, delivered_by, payload, signature, \
         reason) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(clinic.0)
    .bind(kept.command.0)
    .bind(kept.workstation.0)
    .bind(kept.delivered_by.0)
    .bind(kept.payload)
    .bind(kept.signature)
    .bind(kept.reason)
    .execute(connection)
    .await?;
    Ok(())
}
