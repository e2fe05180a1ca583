//! What a session asks of the database and leaves there: two round trips between its beginning and its end.

use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, ReplicaId, Role, UserId, WorkstationId};
use wattle_protocol::session::{Cursors, FeedHead};

use super::Identity;
use super::feed::{granted_heads, signed};

/// One file at one workstation of a clinic; `None` is the one file of a workstation of protocol 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub clinic: ClinicId,
    pub workstation: WorkstationId,
    pub replica: Option<ReplicaId>,
}

/// What a session is told.
#[derive(Debug)]
pub(crate) struct Look {
    pub epoch: String,
    /// The feeds that the acting user may hold; one that nothing was ever written to is at 0.
    pub feeds: Vec<FeedHead>,
    /// None for an account that is closed.
    pub roles: Vec<Role>,
    /// The last command number that the server has of the file; 0 for one that it does not know.
    pub last_n: u64,
}

/// Begins a transaction that nobody waits for a disk for: when the workstation was seen and where its cursors were is said
/// again at its next session. After an error the connection must be closed, not given back.
pub(crate) async fn begin<'c>(
    connection: &'c mut PoolConnection<Postgres>,
    identity: &Identity,
) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
    // What is put in are ids.
    let text = format!("BEGIN; SELECT set_config('synchronous_commit', 'off', true); {}", identity.text());
    let connection: &mut PgConnection = connection;
    connection.begin_with(AssertSqlSafe(text)).await
}

/// Looks everything up at once.
pub(crate) async fn look(
    connection: &mut PgConnection,
    file: File,
    user: UserId,
) -> Result<Look, sqlx::Error> {
    type Found = (String, Vec<String>, Vec<String>, Vec<i64>, Vec<i64>, Vec<String>, i64);
    let (epoch, granted, classes, seqs, horizons, roles, last_n): Found = sqlx::query_as(
        "SELECT sync.epoch(), sync.granted_classes(), f.classes, f.seqs, f.horizons, \
           ARRAY(SELECT r.role FROM clinic.user_role r JOIN clinic.user_account a \
             ON a.clinic_id = r.clinic_id AND a.id = r.user_id AND a.active \
             WHERE r.clinic_id = $1 AND r.user_id = $4), \
           coalesce((SELECT last_n FROM clinic.workstation_replica \
               WHERE clinic_id = $1 AND workstation_id = $2 AND replica_id = $3), \
             (SELECT last_n FROM clinic.workstation WHERE clinic_id = $1 AND id = $2 AND $3::uuid IS NULL), 0) \
         FROM (SELECT coalesce(array_agg(class), '{}') AS classes, coalesce(array_agg(seq), '{}') AS seqs, \
             coalesce(array_agg(horizon), '{}') AS horizons FROM sync.feed WHERE clinic_id = $1) f",
    )
    .bind(file.clinic.0)
    .bind(file.workstation.0)
    .bind(file.replica.map(|replica| replica.0))
    .bind(user.0)
    .fetch_one(connection)
    .await?;
    let mut roles: Vec<Role> = roles.iter().filter_map(|word| word.parse().ok()).collect();
    roles.sort();
    let feeds = granted_heads(&granted, &classes, &seqs, &horizons);
    Ok(Look { epoch, feeds, roles, last_n: u64::try_from(last_n).unwrap_or_default() })
}

/// Notes that the workstation was heard of, and, when it said so within the present epoch, where its file is: feeds that
/// it does not name it does not hold.
pub(crate) async fn heard(
    connection: &mut PgConnection,
    file: File,
    app_version: &str,
    at: DateTime<Utc>,
    held: Option<(&str, Cursors)>,
) -> Result<(), sqlx::Error> {
    let is_known = held.is_some();
    let (epoch, cursors) = held.unwrap_or_default();
    let (classes, seqs): (Vec<&str>, Vec<i64>) =
        cursors.iter().map(|(feed, seq)| (feed.as_str(), signed(*seq))).unzip();
    sqlx::query(
        "WITH seen AS ( \
           UPDATE clinic.workstation SET last_seen_at = $4, app_version = $5 WHERE clinic_id = $1 AND id = $2), \
         gone AS ( \
           DELETE FROM clinic.workstation_cursor WHERE $6 AND clinic_id = $1 AND workstation_id = $2 \
             AND replica_id = $3 AND class <> ALL ($7)) \
         INSERT INTO clinic.workstation_cursor (clinic_id, workstation_id, replica_id, class, seq, epoch) \
         SELECT $1, $2, $3, class, seq, $9 FROM unnest($7::text[], $8::bigint[]) AS held (class, seq) WHERE $6 \
         ON CONFLICT (clinic_id, workstation_id, replica_id, class) \
         DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, at = now()",
    )
    .bind(file.clinic.0)
    .bind(file.workstation.0)
    .bind(file.replica.map_or(Uuid::nil(), |replica| replica.0))
    .bind(at)
    .bind(app_version)
    .bind(is_known)
    .bind(classes)
    .bind(seqs)
    .bind(epoch)
    .execute(connection)
    .await?;
    Ok(())
}
