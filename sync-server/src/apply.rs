//! Push: commands decided for good, in the order of their numbers.
//!
//! Owns: who is believed (author, signature, workstation), the transaction, the savepoint of each command, its verdict,
//! its entry in the audit log; what becomes of a command that makes the server fail.
//! Must never: decide by itself ([`wattle_domain::decide()`] does), acknowledge before the commit, or let one bad command
//! hold up the next.
//! Called by: `handlers/push.rs`.

mod batch;
mod incoming;
mod load;
mod one;
mod trust;
mod verdict;

use std::collections::BTreeMap;

use wattle_domain::CommandId;
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Signed};

use crate::auth::Session;
use crate::db::error::{Kind, describe, kind};
use crate::error::ApiError;
use crate::state::AppState;
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
) -> Result<Vec<Answer>, ApiError> {
    let mut incoming: Vec<Incoming> = commands.into_iter().map(Incoming::read).collect::<Result<_, _>>()?;
    let sent: BTreeMap<CommandId, usize> = incoming.iter().enumerate().map(|(i, c)| (c.id, i)).collect();
    incoming.sort_by_key(|c| c.n);

    let mut answers: Vec<Answer> = Vec::with_capacity(incoming.len());
    for commands in incoming.chunks(app.config.commands_per_transaction.max(1)) {
        let done = match run(app, session, commands).await {
            Ok(done) => done,
            // What earlier transactions decided is decided: the client hears of it and sends the rest again.
            Err(error) if answers.is_empty() => return Err(error),
            Err(error) => {
                tracing::warn!(cause = error.cause, "push stopped early");
                break;
            }
        };
        let stopped = done.len() < commands.len();
        answers.extend(done);
        if stopped {
            break;
        }
    }
    if answers.is_empty() && !sent.is_empty() {
        return Err(ApiError::because(ErrorCode::Internal, "the first command failed"));
    }
    answers.sort_by_key(|a| sent.get(&a.command_id).copied());
    Ok(answers)
}

/// One transaction, run again when it met another.
async fn run(app: &AppState, session: &Session, commands: &[Incoming]) -> Result<Vec<Answer>, ApiError> {
    let mut runs = 0;
    loop {
        runs += 1;
        // Few writers per feed: past a handful, more of them only wait for one another (see sync.md).
        let place = app.limits.pushes.acquire().await;
        let result = batch::run(app, session, commands).await;
        drop(place);
        match result {
            Err(batch::Error::Database(error)) if kind(&error) == Kind::Again && runs < RUNS => {
                tracing::debug!(cause = describe(&error), runs, "push runs again");
            }
            Err(batch::Error::Database(error)) => return Err(error.into()),
            Err(batch::Error::Refused(error)) => return Err(error),
            Ok(answers) => {
                app.hub.touch(session.clinic);
                return Ok(answers);
            }
        }
    }
}
