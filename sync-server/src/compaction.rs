//! Forgets what the commit log need not remember, and sign-in attempts that count no more.
//!
//! Owns: when. What may go is decided by `sync.compact_feed()`, by the rule of [`wattle_sync_rules::compaction`].
//! Must never: hold a feed's row while it works, or fail a request.
//! Called by: the serving process, once an hour, and `wattle-server compact`.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Executor};
use tokio::sync::watch;
use uuid::Uuid;
use wattle_domain::UtcInstant;
use wattle_domain::time::Clock;

use crate::config::Config;
use crate::db::error::describe;

/// One node at a time, whichever process: the key of PostgreSQL's advisory lock.
const LOCK: i64 = 0x5761_7474_6C65_0001;

/// What a run forgot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Pointers that a later one to the same row made needless.
    pub superseded: i64,
    /// Commits below the risen horizons.
    pub forgotten: i64,
    /// Sign-in attempts.
    pub attempts: i64,
}

/// Runs once; `None` when another process is at it.
///
/// # Errors
/// The database refused or went away; what was done until then stays done.
pub async fn run(pool: &PgPool, config: &Config, now: UtcInstant) -> Result<Option<Compacted>, sqlx::Error> {
    let mut connection = pool.acquire().await?.detach();
    // Closed whatever happens, and with it the lock.
    let done = locked(&mut connection, config, now).await;
    let closed = connection.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn locked(
    connection: &mut PgConnection,
    config: &Config,
    now: UtcInstant,
) -> Result<Option<Compacted>, sqlx::Error> {
    let ours: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *connection).await?;
    if !ours {
        return Ok(None);
    }
    // A year of a clinic at once, the first time.
    connection.execute("SET statement_timeout = '30min'").await?;
    let mut done = Compacted::default();
    let feeds: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT clinic_id, class FROM sync.all_feeds()").fetch_all(&mut *connection).await?;
    for (clinic, class) in feeds {
        // Each feed is a transaction of its own.
        let (superseded, forgotten, _): (i64, i64, Option<i64>) =
            sqlx::query_as("SELECT superseded, forgotten, risen_to FROM sync.compact_feed($1, $2, $3, $4)")
                .bind(clinic)
                .bind(class)
                .bind(interval(config.superseded_after))
                .bind(interval(config.forgotten_after))
                .fetch_one(&mut *connection)
                .await?;
        done.superseded += superseded;
        done.forgotten += forgotten;
    }
    let kept_ms = i64::try_from(config.attempts_kept.as_millis()).unwrap_or(i64::MAX);
    let before = UtcInstant(now.0.saturating_sub(kept_ms)).to_chrono().unwrap_or_default();
    done.attempts = sqlx::query_scalar("SELECT clinic.forget_attempts($1)")
        .bind(before)
        .fetch_one(&mut *connection)
        .await?;
    Ok(Some(done))
}

/// Whole microseconds: PostgreSQL takes nothing finer.
fn interval(time: Duration) -> PgInterval {
    let microseconds = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

/// Begins to run now and then, until `stopping` turns true.
pub(crate) fn start(
    pool: PgPool,
    config: Config,
    clock: std::sync::Arc<dyn Clock>,
    mut stopping: watch::Receiver<bool>,
) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(config.compact_every) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            match run(&pool, &config, clock.now()).await {
                Ok(Some(Compacted { superseded, forgotten, attempts })) => {
                    tracing::info!(superseded, forgotten, attempts, "compacted");
                }
                Ok(None) => tracing::debug!("another node compacts"),
                // The next time will do.
                Err(error) => tracing::warn!(cause = describe(&error), "not compacted"),
            }
        }
    });
}
