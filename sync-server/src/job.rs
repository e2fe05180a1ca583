//! The server's own work, out of a queue in PostgreSQL: each night, each clinic's documents are compared with the store; every
//! quarter of an hour its read models are brought up to date.
//!
//! A queue of our own: what there is (apalis-postgres 1.0, sqlxmq 0.6, graphile_worker 0.14, pgmq) brings tables and functions
//! that whoever works must own or may write, beside row-level security, for one row a clinic and night.
//!
//! Owns: what is due, who is at it, when it is tried again. Must never: do the same job twice at once, forget what one found,
//! run with the rights of whoever serves: it needs the owner's.
//! Called by: the command line.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::postgres::PgPool;
use wattle_domain::ClinicId;

use crate::admin::AdminError;
use crate::db::job::{self, Due};
use crate::db::{Identity, image};
use crate::document::{self, Place};

pub use crate::db::job::Job;

/// The audit of documents.
const AUDIT: &str = "audit_documents";
/// The read models that need nothing of a migration.
const REFRESH: &str = "refresh_models";
/// Each kind, and from one of it to the next.
const KINDS: [(&str, TimeDelta); 2] = [(AUDIT, TimeDelta::hours(24)), (REFRESH, TimeDelta::minutes(15))];
/// After a try that came to nothing: a minute, then twice as long each time, this at most.
const LONGEST_WAIT_MIN: i64 = 360;

/// Does what is due, a job after the other, until nothing is; `told` hears of each. Jobs that others are at are left to them,
/// and those of a kind that only a newer version knows to that.
///
/// # Errors
/// The database went away. A job that comes to nothing is none: it is due again later.
pub async fn run_due(
    owner: &PgPool,
    place: &Place,
    now: impl Fn() -> DateTime<Utc>,
    mut told: impl FnMut(Value),
) -> Result<(), AdminError> {
    let clinics = image::clinics(owner).await?;
    for (kind, every) in KINDS {
        for clinic in &clinics {
            job::plan(owner, *clinic, kind, now()).await?;
        }
        loop {
            // Closed whatever happens, and with it the lock.
            let mut connection = owner.acquire().await?.detach();
            let due = job::take(&mut connection, kind, now()).await?;
            if let Some(due) = &due {
                told(run(owner, place, (due, every), &now).await?);
            }
            connection.close().await?;
            if due.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// The newest jobs of a clinic, those that wait first.
///
/// # Errors
/// The database went away.
pub async fn newest(owner: &PgPool, clinic: ClinicId) -> Result<Vec<Job>, AdminError> {
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let found = job::newest(&mut tx, clinic, 30).await?;
    tx.commit().await?;
    Ok(found)
}

async fn run(
    owner: &PgPool,
    place: &Place,
    (due, every): (&Due, TimeDelta),
    now: &impl Fn() -> DateTime<Utc>,
) -> Result<Value, AdminError> {
    let worked = match due.kind {
        REFRESH => refresh(owner, due).await,
        _ => audit(owner, place, due, now()).await,
    };
    match worked {
        Ok((is_good, report)) => {
            job::done(owner, due, &report, now(), due.due_at.max(now() - every) + every).await?;
            if due.kind == REFRESH {
                job::forget_earlier(owner, due).await?;
            }
            Ok(json!({ "job": due.kind, "clinic": due.clinic, "good": is_good, "report": report }))
        }
        Err(error) => {
            let wait = 1_i64
                .checked_shl(u32::try_from(due.tries - 1).unwrap_or(u32::MAX))
                .unwrap_or(LONGEST_WAIT_MIN);
            let wait = TimeDelta::minutes(wait.clamp(1, LONGEST_WAIT_MIN));
            // No error of ours carries a value of a row.
            let why = error.to_string();
            tracing::warn!(clinic = %due.clinic, job = due.kind, why, "a job came to nothing; again later");
            job::failed(owner, due, &why, now() + wait).await?;
            Ok(json!({ "job": due.kind, "clinic": due.clinic, "failed": why, "tries": due.tries }))
        }
    }
}

/// Whether the store has all of a clinic's documents, and what was found.
async fn audit(
    owner: &PgPool,
    place: &Place,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<(bool, Value), AdminError> {
    let found = document::audit(owner, place, due.clinic, now).await?;
    let is_good = found.missing.is_empty() && found.altered.is_empty();
    if !is_good {
        tracing::error!(clinic = %due.clinic, missing = found.missing.len(), altered = found.altered.len(), "the store has lost documents");
    }
    Ok((is_good, serde_json::to_value(&found).unwrap_or_default()))
}

/// What became of each model. A test that does not hold is an error: it is tried again, and stands in the list until it holds.
async fn refresh(owner: &PgPool, due: &Due) -> Result<(bool, Value), AdminError> {
    let models: Vec<_> =
        wattle_models::shipped()?.into_iter().filter(wattle_models::Model::is_of_clinic).collect();
    let mut connection = owner.acquire().await?;
    let done = wattle_models::refresh(&mut connection, due.clinic, due.id, &models).await?;
    Ok((true, json!({ "models": done })))
}
