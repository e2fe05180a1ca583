//! Push: commands decided for good, in the order of their numbers.
//!
//! Owns: who is believed (author, signature, workstation), the transaction, the savepoint of each command or group, its
//! verdict, its entry in the audit log; what becomes of a command that makes the server fail.
//! Must never: decide by itself ([`wattle_domain::decide()`] does), write a rule of the sync again
//! ([`wattle_sync_rules::push`] has them), acknowledge before the commit, or let one bad command hold up the next.
//! Called by: `handlers/push.rs`, and `admin` for what was kept in quarantine.

mod batch;
mod incoming;
mod load;
mod one;
mod plan;
mod together;
mod trust;
mod unit;
mod verdict;

use std::time::Instant;

use chrono::{DateTime, Utc};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Pushed, Signed};
use wattle_sync_rules::push::Unit;

use crate::auth::Session;
use crate::db::error::{Kind, describe, kind};
use crate::error::ApiError;
use crate::state::AppState;
use batch::Pace;
use incoming::Incoming;

/// How often a transaction that met another one (deadlock, lock timeout) is run again.
const RUNS: u32 = 5;

/// Decides commands; answers in the order in which they were sent. Fewer answers than commands when the server failed
/// over one of them: the rest is to be pushed again.
///
/// # Errors
/// `malformed` for commands that cannot even be named, `not_allowed` for a stopped workstation, `unavailable` and
/// `internal` when the database is away or the server failed over the first command.
pub(crate) async fn push(
    app: &AppState,
    session: &Session,
    commands: Vec<Signed>,
) -> Result<Pushed, ApiError> {
    decide(app, session, commands, Origin::Push).await
}

/// Decides commands that came at `kept_at` and were kept in quarantine, in one transaction that also says so: every one of
/// them gets its verdict, or nothing was done.
///
/// # Errors
/// As [`push`]; `not_allowed` for a command that its author did not sign, that cannot be read, or that waits for another.
pub(crate) async fn release(
    app: &AppState,
    session: &Session,
    commands: Vec<Signed>,
    kept_at: DateTime<Utc>,
) -> Result<Pushed, ApiError> {
    decide(app, session, commands, Origin::Quarantine(kept_at)).await
}

/// Where commands come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// From their workstation, now.
    Push,
    /// Out of quarantine, and into it at this time. An admin has looked: neither the workstation's state counts any more
    /// nor a key that was revoked since.
    Quarantine(DateTime<Utc>),
}

async fn decide(
    app: &AppState,
    session: &Session,
    commands: Vec<Signed>,
    origin: Origin,
) -> Result<Pushed, ApiError> {
    let incoming: Vec<Incoming> = commands.into_iter().map(Incoming::read).collect::<Result<_, _>>()?;
    let plan = plan::Plan::of(incoming);
    let mut pushed = Pushed { answers: Vec::with_capacity(plan.commands.len()), twin: false };
    let together = match origin {
        Origin::Push => app.config.commands_per_transaction,
        Origin::Quarantine(_) => usize::MAX,
    };
    for units in plan.transactions(together) {
        let done = match run(app, session, &plan.commands, units, origin).await {
            Ok(done) => done,
            // What earlier transactions decided is decided: the client hears of it and sends the rest again.
            Err(error) if pushed.answers.is_empty() => return Err(error),
            Err(error) => {
                tracing::warn!(cause = error.cause, "push stopped early");
                break;
            }
        };
        pushed.answers.extend(done.answers);
        pushed.twin |= done.twin;
        if done.stopped {
            break;
        }
    }
    if pushed.answers.is_empty() && !plan.commands.is_empty() {
        return Err(ApiError::because(ErrorCode::Internal, "the first command failed"));
    }
    pushed.answers = plan.as_sent(pushed.answers);
    Ok(pushed)
}

/// One transaction, run again when it met another.
async fn run(
    app: &AppState,
    session: &Session,
    commands: &[Incoming],
    units: &[Unit],
    origin: Origin,
) -> Result<batch::Done, ApiError> {
    let mut runs = 0;
    let mut pace = Pace::Together;
    loop {
        runs += 1;
        // Few writers per feed: past a handful, more of them only wait for one another (see sync.md).
        let asked = Instant::now();
        let place = app.limits.pushes.enter(session.clinic).await?;
        app.metrics.push_waited(asked.elapsed());
        let result = batch::run(app, session, commands, units, pace, origin).await;
        drop(place);
        match result {
            Err(batch::Error::Database(error)) if kind(&error) == Kind::Again && runs < RUNS => {
                tracing::debug!(cause = describe(&error), runs, "push runs again");
            }
            Err(batch::Error::Apart(cause)) if pace == Pace::Together => {
                tracing::debug!(cause, "push decides one by one");
                pace = Pace::OneByOne;
            }
            Err(batch::Error::Apart(cause)) => return Err(ApiError::because(ErrorCode::Internal, cause)),
            Err(batch::Error::Database(error)) => return Err(error.into()),
            Err(batch::Error::Refused(error)) => return Err(error),
            Ok(done) => {
                app.hub.touch(session.clinic);
                return Ok(done);
            }
        }
    }
}
