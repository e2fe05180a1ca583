//! The queue of the server's own work.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;
use wattle_domain::ClinicId;

/// One that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub id: Uuid,
    pub clinic: ClinicId,
    pub kind: &'static str,
    pub due_at: DateTime<Utc>,
    /// How often it was begun, this time too.
    pub tries: i64,
}

/// What became of the newest jobs of a clinic.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Job {
    /// `audit_documents`, `refresh_models`.
    pub kind: String,
    /// When it is, or was, due.
    pub due_at: DateTime<Utc>,
    /// How often it was begun.
    pub tries: i64,
    /// Why the last try came to nothing.
    pub failed: Option<String>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// What it found: ids and counts.
    pub report: Option<Value>,
}

/// Puts one into the queue, unless one of its kind waits for the clinic.
pub(crate) async fn plan(
    connection: impl PgExecutor<'_>,
    clinic: ClinicId,
    kind: &str,
    due_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.job (clinic_id, kind, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(clinic.0)
    .bind(kind)
    .bind(due_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes one of a kind that is due and that nobody is at: the connection has its lock, and lets go of it when it closes, so that a
/// process that dies keeps nothing. Neither a row nor a snapshot is held while the work goes on.
pub(crate) async fn take(
    connection: &mut PgConnection,
    kind: &'static str,
    now: DateTime<Utc>,
) -> Result<Option<Due>, sqlx::Error> {
    let due: Vec<(Uuid, Uuid, DateTime<Utc>)> = sqlx::query_as(
        "SELECT id, clinic_id, due_at FROM clinic.job WHERE done_at IS NULL AND due_at <= $1 AND kind = $2 \
         ORDER BY due_at, id",
    )
    .bind(now)
    .bind(kind)
    .fetch_all(&mut *connection)
    .await?;
    for (id, clinic, due_at) in due {
        let ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(id.to_string())
            .fetch_one(&mut *connection)
            .await?;
        if !ours {
            continue;
        }
        // Another may have done it between the two looks.
        let tries: Option<i64> = sqlx::query_scalar(
            "UPDATE clinic.job SET tries = tries + 1 WHERE clinic_id = $1 AND id = $2 AND done_at IS NULL AND due_at <= $3 \
             RETURNING tries",
        )
        .bind(clinic)
        .bind(id)
        .bind(now)
        .fetch_optional(&mut *connection)
        .await?;
        match tries {
            Some(tries) => return Ok(Some(Due { id, clinic: ClinicId(clinic), kind, due_at, tries })),
            None => {
                sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
                    .bind(id.to_string())
                    .execute(&mut *connection)
                    .await?;
            }
        }
    }
    Ok(None)
}

/// It is done; `next` is due later.
pub(crate) async fn done(
    owner: &PgPool,
    due: &Due,
    report: &Value,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let mut tx = owner.begin().await?;
    sqlx::query(
        "UPDATE clinic.job SET done_at = $3, report = $4, failed = NULL WHERE clinic_id = $1 AND id = $2",
    )
    .bind(due.clinic.0)
    .bind(due.id)
    .bind(now)
    .bind(report)
    .execute(&mut *tx)
    .await?;
    plan(&mut *tx, due.clinic, due.kind, next).await?;
    tx.commit().await
}

/// Forgets the earlier ones of its kind that were done: of what is done every few minutes the last one says enough.
pub(crate) async fn forget_earlier(owner: &PgPool, due: &Due) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM clinic.job WHERE clinic_id = $1 AND kind = $2 AND id <> $3 AND done_at IS NOT NULL",
    )
    .bind(due.clinic.0)
    .bind(due.kind)
    .bind(due.id)
    .execute(owner)
    .await?;
    Ok(())
}

/// It came to nothing, and is due again.
pub(crate) async fn failed(
    owner: &PgPool,
    due: &Due,
    why: &str,
    again: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE clinic.job SET failed = $3, due_at = $4 WHERE clinic_id = $1 AND id = $2")
        .bind(due.clinic.0)
        .bind(due.id)
        .bind(why)
        .bind(again)
        .execute(owner)
        .await?;
    Ok(())
}

/// The newest jobs of a clinic.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    clinic: ClinicId,
    most: i64,
) -> Result<Vec<Job>, sqlx::Error> {
    type Found = (String, DateTime<Utc>, i64, Option<String>, Option<DateTime<Utc>>, Option<Value>);
    let found: Vec<Found> = sqlx::query_as(
        "SELECT kind, due_at, tries, failed, done_at, report FROM clinic.job WHERE clinic_id = $1 \
         ORDER BY done_at DESC NULLS FIRST, due_at LIMIT $2",
    )
    .bind(clinic.0)
    .bind(most)
    .fetch_all(connection)
    .await?;
    Ok(found
        .into_iter()
        .map(|(kind, due_at, tries, failed, done_at, report)| Job {
            kind,
            due_at,
            tries,
            failed,
            done_at,
            report,
        })
        .collect())
}
