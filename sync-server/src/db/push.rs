//! The round trips that every push has, whatever is in it: begin, look, keep.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, ReplicaId, Role, UserId, UtcInstant, WorkstationId};
use wattle_protocol::push::Verdict;
use wattle_sync_rules::push::Logged;

use super::Identity;
use crate::seal::{COMMAND, Sealer};

/// A push looks up every row by its key and says so, also of a table that has just been imported and whose statistics say
/// that it is empty; and one plan serves every key.
const BY_KEY: &str = "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), \
     set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)";

/// Begins a READ COMMITTED transaction and locks its workstation, so that pushes of one workstation come one after another.
/// After an error the connection may stand in the middle of a transaction: it must be closed, not given back.
pub(crate) async fn begin<'c>(
    connection: &'c mut PoolConnection<Postgres>,
    identity: &Identity,
) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
    let workstation = identity.workstation.map(|w| w.to_string()).unwrap_or_default();
    // What is put in are ids: hexadecimal digits and hyphens.
    let text = format!(
        "BEGIN; {}, {BY_KEY}; SELECT FROM clinic.workstation \
         WHERE clinic_id = '{}' AND id = nullif('{workstation}', '')::uuid FOR NO KEY UPDATE",
        identity.text(),
        identity.clinic,
    );
    let connection: &mut PgConnection = connection;
    connection.begin_with(AssertSqlSafe(text)).await
}

/// What is asked of the database before anything is decided.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Commands of the push, and those that they build on.
    pub commands: BTreeSet<Uuid>,
    /// Their numbers, by file.
    pub numbers: BTreeSet<(ReplicaId, i64)>,
    /// Who wrote them.
    pub authors: BTreeSet<Uuid>,
    /// When they came, if that was before now: keys count that had not been revoked by then.
    pub kept_at: Option<DateTime<Utc>>,
}

/// What the database knows of an author.
#[derive(Clone, Debug, Default)]
pub(crate) struct Author {
    /// None when the account is closed.
    pub roles: Vec<Role>,
    /// Every key that this author may have signed with at this workstation. An older one still counts: commands that were
    /// signed before it was replaced may only arrive now.
    pub keys: Vec<Vec<u8>>,
}

/// What the database knows of a push.
#[derive(Debug)]
pub(crate) struct Known {
    /// `ok`, `suspended` or `wipe`.
    pub state: String,
    /// When the transaction began, as the rows that it writes will say.
    pub at: UtcInstant,
    /// The clinic has not been switched over from FileMaker yet: nothing is decided.
    pub closed: bool,
    /// The number of the clinic's newest key for sealed columns.
    pub generation: Option<i32>,
    /// Verdicts of the commands that have one.
    pub verdicts: BTreeMap<CommandId, Logged>,
    /// The command that the server has under each number; the first, where there are two.
    pub numbered: BTreeMap<(ReplicaId, i64), CommandId>,
    pub authors: BTreeMap<UserId, Author>,
}

#[derive(Deserialize)]
struct AuthorRow {
    id: UserId,
    roles: Vec<String>,
    keys: Vec<String>,
}

type KnownRow = (
    String,
    i64,
    bool,
    Option<i32>,
    Json<Vec<(CommandId, String, Verdict)>>,
    Json<Vec<(ReplicaId, i64, CommandId)>>,
    Json<Vec<AuthorRow>>,
);

/// Looks up all of it at once; `None` for a workstation that is not there. Runs after [`begin`], so that what an earlier
/// push of the workstation has committed is seen.
///
/// Each number is looked up by itself: a join would read every command that the workstation ever sent.
pub(crate) async fn look(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
    asked: &Asked,
) -> Result<Option<Known>, sqlx::Error> {
    let (replicas, ns): (Vec<Uuid>, Vec<i64>) =
        asked.numbers.iter().map(|(replica, n)| (replica.0, *n)).unzip();
    let found: Option<KnownRow> = sqlx::query_as(
        "SELECT w.state, sync.millis(date_trunc('milliseconds', now())), \
           EXISTS (SELECT FROM clinic.switchover s WHERE s.clinic_id = $1 AND s.switched_at IS NULL), \
           (SELECT max(generation) FROM clinic.column_key WHERE clinic_id = $1), \
           (SELECT coalesce(jsonb_agg(jsonb_build_array(l.command_id, encode(l.payload_hash, 'base64'), l.verdict)), '[]') \
            FROM clinic.command_log l WHERE l.clinic_id = $1 AND l.command_id = ANY ($3)), \
           (SELECT coalesce(jsonb_agg(jsonb_build_array(asked.replica_id, asked.n, f.command_id)), '[]') \
            FROM unnest($4::uuid[], $5::bigint[]) AS asked (replica_id, n), \
            LATERAL (SELECT l.command_id FROM clinic.command_log l WHERE l.clinic_id = $1 AND l.workstation_id = $2 \
              AND l.replica_id = asked.replica_id AND l.n = asked.n ORDER BY l.decided_at LIMIT 1) f), \
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, \
              'roles', ARRAY(SELECT r.role FROM clinic.user_role r \
                 WHERE a.active AND r.clinic_id = a.clinic_id AND r.user_id = a.id), \
              'keys', ARRAY(SELECT encode(k.public_key, 'base64') FROM clinic.signing_key k \
                 WHERE k.clinic_id = a.clinic_id AND k.user_id = a.id AND k.workstation_id = $2 \
                   AND (k.revoked_at IS NULL OR k.revoked_at >= $7) ORDER BY k.registered_at DESC))), '[]') \
            FROM clinic.user_account a WHERE a.clinic_id = $1 AND a.id = ANY ($6)) \
         FROM clinic.workstation w WHERE w.clinic_id = $1 AND w.id = $2",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(asked.commands.iter().copied().collect::<Vec<_>>())
    .bind(replicas)
    .bind(ns)
    .bind(asked.authors.iter().copied().collect::<Vec<_>>())
    .bind(asked.kept_at)
    .fetch_optional(connection)
    .await?;
    let Some((state, at, closed, generation, Json(verdicts), Json(numbered), Json(authors))) = found else {
        return Ok(None);
    };
    let bytes = |text: &str| STANDARD.decode(text).unwrap_or_default();
    let author = |row: AuthorRow| {
        let mut roles: Vec<Role> = row.roles.iter().filter_map(|word| word.parse().ok()).collect();
        roles.sort();
        (row.id, Author { roles, keys: row.keys.iter().map(|key| bytes(key)).collect() })
    };
    Ok(Some(Known {
        state,
        at: UtcInstant(at),
        closed,
        generation,
        verdicts: verdicts
            .into_iter()
            .map(|(id, hash, verdict)| (id, Logged { payload_hash: bytes(&hash), verdict }))
            .collect(),
        numbered: numbered.into_iter().map(|(replica, n, id)| ((replica, n), id)).collect(),
        authors: authors.into_iter().map(author).collect(),
    }))
}

/// A command with its verdict, to keep for good.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub command: CommandId,
    pub replica: Option<ReplicaId>,
    pub n: i64,
    pub author: UserId,
    pub name: &'a str,
    pub payload: &'a str,
    pub payload_hash: &'a [u8],
    pub signature: Vec<u8>,
    pub verdict: Verdict,
}

/// Keeps verdicts, the highest number of each file, and that the workstation was heard of. `None` among the files is the
/// one file of a workstation of protocol 1.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    sealer: &Sealer,
    workstation: WorkstationId,
    at: DateTime<Utc>,
    last_n: &BTreeMap<Option<ReplicaId>, i64>,
    entries: &[Entry<'_>],
) -> Result<(), sqlx::Error> {
    let (replicas, ns): (Vec<Uuid>, Vec<i64>) =
        last_n.iter().filter_map(|(replica, n)| replica.map(|replica| (replica.0, *n))).unzip();
    let clinic = sealer.clinic();
    let payloads: Vec<Cow<'_, str>> = entries
        .iter()
        .map(|e| sealer.seal_text(COMMAND, e.command.0, e.payload))
        .collect::<Result<_, _>>()?;
    let verdicts: Vec<serde_json::Value> = entries
        .iter()
        .map(|e| serde_json::to_value(&e.verdict))
        .collect::<Result<_, _>>()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "WITH seen AS ( \
           UPDATE clinic.workstation SET last_seen_at = $3, last_n = greatest(last_n, $4) \
           WHERE clinic_id = $1 AND id = $2), \
         numbered AS ( \
           INSERT INTO clinic.workstation_replica AS r (clinic_id, workstation_id, replica_id, last_n) \
           SELECT $1, $2, replica_id, n FROM unnest($5::uuid[], $6::bigint[]) AS file (replica_id, n) \
           ON CONFLICT (clinic_id, workstation_id, replica_id) \
           DO UPDATE SET last_n = greatest(r.last_n, excluded.last_n)) \
         INSERT INTO clinic.command_log (clinic_id, workstation_id, command_id, replica_id, n, author_id, name, \
           payload, payload_hash, signature, verdict) \
         SELECT $1, $2, e.* FROM unnest($7::uuid[], $8::uuid[], $9::bigint[], $10::uuid[], $11::text[], $12::text[], \
           $13::bytea[], $14::bytea[], $15::jsonb[]) AS e",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(at)
    .bind(last_n.get(&None).copied().unwrap_or_default())
    .bind(replicas)
    .bind(ns)
    .bind(entries.iter().map(|e| e.command.0).collect::<Vec<_>>())
    .bind(entries.iter().map(|e| e.replica.map(|replica| replica.0)).collect::<Vec<_>>())
    .bind(entries.iter().map(|e| e.n).collect::<Vec<_>>())
    .bind(entries.iter().map(|e| e.author.0).collect::<Vec<_>>())
    .bind(entries.iter().map(|e| e.name).collect::<Vec<_>>())
    .bind(payloads.iter().map(AsRef::as_ref).collect::<Vec<&str>>())
    .bind(entries.iter().map(|e| e.payload_hash).collect::<Vec<_>>())
    .bind(entries.iter().map(|e| e.signature.as_slice()).collect::<Vec<_>>())
    .bind(verdicts)
    .execute(connection)
    .await?;
    Ok(())
}
