//! Walks a clinic's logs: is each entry as it was written, is none missing, is each change and each read
//! what its author signed?

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use wattle_domain::{ClinicId, Envelope, UtcInstant, World};

use super::{AdminError, begin};
use crate::db::column_key;
use crate::kms::KeyRing;
use crate::seal::{COMMAND, Sealer, Seals};

/// The logs that are chained.
const LOGS: [&str; 2] = ["audit_event", "access_event"];

/// What is wrong with a log, first thing first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// `audit_event`, `access_event` or `command_log`.
    pub log: &'static str,
    /// The entry that shows it; in the command log, the command. `None` when the very first is missing.
    pub entry: Option<Uuid>,
    /// What it is.
    pub why: String,
}

/// How long a log is and what it ends with: to be kept elsewhere, because a tail that is cut together with its head
/// leaves a log that is whole.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Head {
    /// `audit_event` or `access_event`.
    pub log: String,
    /// How many entries it has.
    pub entries: i64,
    /// The hash of the last one; empty when there is none.
    pub hash: String,
}

/// The heads of a clinic's logs, and the first of the ones that were seen before which is not in its log any more.
///
/// # Errors
/// See [`AdminError`].
pub async fn log_heads(
    owner: &PgPool,
    clinic: ClinicId,
    seen: &[Head],
) -> Result<(Vec<Head>, Option<Broken>), AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let found: Vec<(String, i64, String)> =
        sqlx::query_as("SELECT log, entries, hash FROM clinic.audit_head WHERE clinic_id = $1 ORDER BY log")
            .bind(clinic.0)
            .fetch_all(&mut *tx)
            .await?;
    let heads: Vec<Head> =
        found.into_iter().map(|(log, entries, hash)| Head { log, entries, hash }).collect();
    let mut broken = None;
    for log in LOGS {
        let now = heads.iter().find(|head| head.log == log);
        for before in seen.iter().filter(|before| before.log == log) {
            let sql = format!("SELECT EXISTS (SELECT FROM clinic.{log} WHERE clinic_id = $1 AND hash = $2)");
            let is_there: bool = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(clinic.0)
                .bind(&before.hash)
                .fetch_one(&mut *tx)
                .await?;
            // What a hash covers is all that came before it.
            let is_less = now.map_or(0, |now| now.entries) < before.entries;
            if broken.is_none() && (is_less || !is_there && before.entries > 0) {
                broken = Some(Broken {
                    log,
                    entry: None,
                    why: "is not what was seen before: its end was cut or written anew".to_owned(),
                });
            }
        }
    }
    tx.commit().await?;
    Ok((heads, broken))
}

/// The first thing that is wrong with a clinic's logs; `None` when they are whole. Reads all of
/// them, so it takes as long as they are. What rests sealed needs the keys that sealed it.
///
/// # Errors
/// See [`AdminError`].
pub async fn verify_audit(
    owner: &PgPool,
    kms: Option<KeyRing>,
    clinic: ClinicId,
) -> Result<Option<Broken>, AdminError> {
    let mut tx = begin(owner, clinic).await?;
    let generation = column_key::newest(&mut tx, clinic).await?;
    let seals = Seals::new(owner.clone());
    if let Some(kms) = kms {
        seals.give(kms);
    }
    let sealer = seals.at(clinic, generation).await?;
    let broken = first_broken(&mut tx, &sealer).await?;
    tx.commit().await?;
    Ok(broken)
}

async fn first_broken(connection: &mut PgConnection, sealer: &Sealer) -> Result<Option<Broken>, sqlx::Error> {
    let clinic = sealer.clinic();
    for log in LOGS {
        let found: Option<(Option<Uuid>, String)> =
            sqlx::query_as("SELECT entry, why FROM clinic.verify_chain($1, $2)")
                .bind(clinic.0)
                .bind(log)
                .fetch_optional(&mut *connection)
                .await?;
        if let Some((entry, why)) = found {
            return Ok(Some(Broken { log, entry, why }));
        }
    }
    if let Some(command) = unlogged(connection, clinic).await? {
        let why = "a command that was decided has no entry in the audit log".to_owned();
        return Ok(Some(Broken { log: "command_log", entry: Some(command), why }));
    }
    let unsigned = unsigned(connection, sealer).await?;
    Ok(unsigned.map(|(entry, why)| Broken { log: "audit_event", entry: Some(entry), why: why.to_owned() }))
}

/// A command with a verdict and without an entry. What is in quarantine is not decided yet.
async fn unlogged(connection: &mut PgConnection, clinic: ClinicId) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT l.command_id FROM clinic.command_log l WHERE l.clinic_id = $1 AND NOT EXISTS \
         (SELECT FROM clinic.audit_event a WHERE a.clinic_id = l.clinic_id AND a.command_id = l.command_id) \
         AND l.verdict ->> 'verdict' <> 'quarantined' ORDER BY l.decided_at, l.command_id LIMIT 1",
    )
    .bind(clinic.0)
    .fetch_optional(connection)
    .await
}

struct Signed {
    id: Uuid,
    command_id: Uuid,
    user_id: Uuid,
    workstation_id: Uuid,
    /// What the entry says was done, about whom, when, and what came of it.
    action: String,
    patient_id: Option<Uuid>,
    issued_at: Option<DateTime<Utc>>,
    outcome: String,
    changes: Value,
    payload: Option<String>,
    signature: Option<Vec<u8>>,
    /// Every key that the author had at the workstation by then and that had not been revoked; of a command that came out
    /// of quarantine, by when it came in.
    keys: Vec<Vec<u8>>,
}

impl<'r> sqlx::FromRow<'r, PgRow> for Signed {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            command_id: row.try_get("command_id")?,
            user_id: row.try_get("user_id")?,
            workstation_id: row.try_get("workstation_id")?,
            action: row.try_get("action")?,
            patient_id: row.try_get("patient_id")?,
            issued_at: row.try_get("issued_at")?,
            outcome: row.try_get("outcome")?,
            changes: row.try_get("changes")?,
            payload: row.try_get("payload")?,
            signature: row.try_get("signature")?,
            keys: row.try_get("keys")?,
        })
    }
}

/// The first entry of a decided command that its author did not sign.
async fn unsigned(
    connection: &mut PgConnection,
    sealer: &Sealer,
) -> Result<Option<(Uuid, &'static str)>, sqlx::Error> {
    // What was not believed says so, and is kept in quarantine.
    let mut entries = sqlx::query_as::<_, Signed>(
        "SELECT a.id, a.command_id, a.user_id, a.workstation_id, a.action, a.patient_id, a.issued_at, a.outcome, a.changes, l.payload, l.signature, \
           ARRAY(SELECT k.public_key FROM clinic.signing_key k WHERE k.clinic_id = a.clinic_id \
             AND k.user_id = a.user_id AND k.workstation_id = a.workstation_id \
             AND (k.revoked_at IS NULL OR k.revoked_at > a.at OR k.revoked_at >= q.at)) AS keys \
         FROM clinic.audit_event a LEFT JOIN clinic.command_log l \
           ON l.clinic_id = a.clinic_id AND l.command_id = a.command_id \
         LEFT JOIN clinic.quarantine q ON q.clinic_id = a.clinic_id AND q.command_id = a.command_id \
         WHERE a.clinic_id = $1 AND a.outcome <> 'not_believed' ORDER BY a.at, a.id",
    )
    .bind(sealer.clinic().0)
    .fetch(connection);
    while let Some(entry) = entries.try_next().await? {
        if let Some(why) = entry.wrong(sealer) {
            return Ok(Some((entry.id, why)));
        }
    }
    Ok(None)
}

impl Signed {
    fn wrong(&self, sealer: &Sealer) -> Option<&'static str> {
        let (Some(payload), Some(signature)) = (&self.payload, &self.signature) else {
            return Some("its command is missing");
        };
        let Ok(payload) = sealer.open_text(COMMAND, self.command_id, payload) else {
            return Some("its command does not open");
        };
        let Ok(envelope) = serde_json::from_str::<Envelope>(&payload) else {
            return Some("its command cannot be read");
        };
        let is_its = envelope.id.0 == self.command_id
            && envelope.author.0 == self.user_id
            && envelope.workstation.0 == self.workstation_id;
        if !is_its {
            return Some("its command is another's");
        }
        if !self.says_what_was_signed(&envelope) {
            return Some("says something else than its command");
        }
        let signed = |key: &Vec<u8>| {
            UnparsedPublicKey::new(&ED25519, key).verify(payload.as_bytes(), signature).is_ok()
        };
        if self.keys.iter().any(signed) { None } else { Some("is not signed by its author") }
    }

    /// Whether the entry's own words are those of the command: whoever can make a chain anew still cannot sign another. Of
    /// reads this is all there is, since they leave no row behind.
    fn says_what_was_signed(&self, envelope: &Envelope) -> bool {
        let command = &envelope.command;
        let issued_at = self.issued_at.map(UtcInstant::from);
        // An older server may not have had the finer word.
        let act = self.action == command.act() || self.action == command.name();
        let when = issued_at.is_none_or(|at| at == envelope.issued_at);
        // Who a command is about is in most of them; others find it in a row. A refused one may have been refused before.
        let whom = command.patient(&World::default()).is_none_or(|patient| match self.patient_id {
            Some(said) => said == patient.0,
            None => self.outcome.starts_with("rejected"),
        });
        let beside = command.said().is_none_or(|said| self.changes == Value::Array(vec![said]));
        act && when && whom && beside
    }
}
