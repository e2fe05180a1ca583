//! Seals what rests plain: imports, and rows of servers that had no key. It can be stopped anywhere and goes on where it
//! was: what is left to do is whatever is still plain.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::sync::watch;
use wattle_domain::ClinicId;

use super::target::Target;
use super::{Sealer, Seals};
use crate::db::Identity;
use crate::db::column_key::{self, Resealed};
use crate::db::error::{describe, is_duplicate};
use crate::error::ApiError;
use crate::kms::KeyRing;

/// One node at a time: the key of PostgreSQL's advisory lock.
const LOCK: i64 = 0x5761_7474_6C65_0005;
/// Values of one transaction.
const BATCH: i32 = 500;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Values that rested plain and do so no more.
    pub values: i64,
    /// Of those, numbers that another patient has too and that only one may have: they came with an import.
    pub clashes: i64,
    /// Whether another process is at it, and nothing was done.
    pub busy: bool,
}

/// Seals everything that rests plain, of one clinic or of all.
///
/// # Errors
/// The database or the KMS went away; what was sealed until then stays sealed.
pub async fn seal(app: &PgPool, kms: KeyRing, clinic: Option<ClinicId>) -> Result<Sealed, ApiError> {
    let seals = Seals::new(app.clone());
    seals.give(kms);
    run(app, &seals, clinic).await
}

/// Looks again and again, from the start of a server on.
pub(crate) fn start(pool: PgPool, seals: Seals, every: Duration, mut stopping: watch::Receiver<bool>) {
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            let work = run(&pool, &seals, None);
            let done = tokio::select! {
                done = work => done,
                _ = stopping.wait_for(|stop| *stop) => return,
            };
            match done {
                Ok(Sealed { values: 0, .. }) => {}
                Ok(Sealed { values, clashes, .. }) => {
                    tracing::info!(values, clashes, "sealed what rested plain")
                }
                Err(error) => tracing::warn!(cause = error.cause, "what rests plain could not be sealed"),
            }
        }
    });
}

async fn run(pool: &PgPool, seals: &Seals, only: Option<ClinicId>) -> Result<Sealed, ApiError> {
    let clinics = match only {
        Some(clinic) => vec![clinic],
        None => column_key::clinics(pool).await?,
    };
    let mut connection = pool.acquire().await?.detach();
    // Closed whatever happens, and with it the lock.
    let done = locked(&mut connection, seals, &clinics).await;
    let closed = connection.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn locked(
    connection: &mut PgConnection,
    seals: &Seals,
    clinics: &[ClinicId],
) -> Result<Sealed, ApiError> {
    let ours: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *connection).await?;
    let mut done = Sealed { busy: !ours, ..Sealed::default() };
    if !ours {
        return Ok(done);
    }
    for clinic in clinics {
        for target in Target::all() {
            while let Some((values, clashes)) = batch(connection, seals, *clinic, target).await? {
                done.values += values;
                done.clashes += clashes;
            }
        }
    }
    Ok(done)
}

/// One transaction; `None` when nothing is left to do.
async fn batch(
    connection: &mut PgConnection,
    seals: &Seals,
    clinic: ClinicId,
    target: Target,
) -> Result<Option<(i64, i64)>, ApiError> {
    let mut tx = connection.begin().await?;
    Identity::clinic(clinic).set(&mut tx).await?;
    let plain = column_key::plain(&mut tx, target.name(), BATCH).await?;
    if plain.is_empty() {
        tx.commit().await?;
        return Ok(None);
    }
    // The first time this asks the KMS; the transaction has only read.
    let sealer: Sealer = seals.for_writing(clinic).await?;
    let mut values: Vec<Resealed> = Vec::with_capacity(plain.len());
    for rested in plain {
        values.extend(target.resealed(&sealer, rested).map_err(sqlx::Error::from)?);
    }
    let mut savepoint = tx.begin().await?;
    let (sealed, clashes) = match column_key::seal_plain(&mut savepoint, target.name(), &values).await {
        Ok(sealed) => {
            savepoint.commit().await?;
            (sealed, 0)
        }
        Err(error) if is_duplicate(&error) => {
            savepoint.rollback().await?;
            one_by_one(&mut tx, target, values).await?
        }
        Err(error) => return Err(error.into()),
    };
    tx.commit().await?;
    // None was as it had been read: they were changed just now, and the next look finds them.
    Ok((sealed > 0).then_some((sealed, clashes)))
}

/// A number that another patient has already, found out only now that both are sealed: it rests sealed, without the hash
/// that says so, and somebody must look.
async fn one_by_one(
    connection: &mut PgConnection,
    target: Target,
    values: Vec<Resealed>,
) -> Result<(i64, i64), sqlx::Error> {
    let (mut sealed, mut clashes) = (0, 0);
    for value in values {
        let mut savepoint = connection.begin().await?;
        match column_key::seal_plain(&mut savepoint, target.name(), std::slice::from_ref(&value)).await {
            Ok(n) => {
                savepoint.commit().await?;
                sealed += n;
            }
            Err(error) if is_duplicate(&error) => {
                savepoint.rollback().await?;
                tracing::warn!(table = target.name(), row = %value.id, cause = describe(&error), "a number that two patients have");
                let unmatched = Resealed { mark: None, ..value };
                sealed += column_key::seal_plain(connection, target.name(), &[unmatched]).await?;
                clashes += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok((sealed, clashes))
}
