//! One command in its savepoint: load, decide, write; once more when a constraint says that the world was not as loaded.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlx::Acquire;
use sqlx::postgres::PgConnection;
use wattle_domain::{
    Context, Decision, Envelope, PatientId, Place, Read, Rejection, RejectionCode, Role, TableName, decide,
};
use wattle_protocol::push::Verdict;

use super::{load, verdict};
use crate::db::error::{Kind, describe, kind};
use crate::db::{Identity, rows, write};
use crate::seal::Sealer;

/// A command with its verdict.
pub(super) struct Decided {
    pub verdict: Verdict,
    pub patient: Option<PatientId>,
    /// What was written; empty for a rejection.
    pub decision: Option<Decision>,
}

impl Decided {
    pub fn written(decision: Decision, patient: Option<PatientId>) -> Self {
        Self { verdict: verdict::of(&decision), patient, decision: Some(decision) }
    }

    pub fn rejected(rejection: Rejection, patient: Option<PatientId>) -> Self {
        Self { patient, ..Self::only(Verdict::Rejected { rejection }) }
    }

    /// A verdict that was given without looking at any row.
    pub fn only(verdict: Verdict) -> Self {
        Self { verdict, patient: None, decision: None }
    }
}

/// What became of a command.
pub(super) enum Done {
    Decided(Decided),
    /// The server failed over it; a code for the log and the quarantine.
    Failed(String),
}

/// What one try gave.
enum Tried {
    Wrote(Decision, Option<PatientId>),
    Rejected(Rejection, Option<PatientId>),
    Failed(&'static str),
}

/// Decides one command and writes what was decided. Whatever happens inside is undone to the savepoint, but for errors
/// that concern the whole transaction, which are returned.
pub(super) async fn run(
    tx: &mut PgConnection,
    sealer: &Sealer,
    envelope: &Envelope,
    roles: &[Role],
) -> Result<Done, sqlx::Error> {
    let mut refused: Option<Rejection> = None;
    for _ in 0..2 {
        let mut savepoint = tx.begin().await?;
        match attempt(&mut savepoint, sealer, envelope, roles).await {
            Ok(Tried::Wrote(decision, patient)) => {
                savepoint.commit().await?;
                return Ok(Done::Decided(Decided::written(decision, patient)));
            }
            Ok(Tried::Rejected(rejection, patient)) => {
                savepoint.rollback().await?;
                return Ok(Done::Decided(Decided::rejected(rejection, patient)));
            }
            Ok(Tried::Failed(cause)) => {
                savepoint.rollback().await?;
                return Ok(Done::Failed(cause.to_owned()));
            }
            Err(error) => match kind(&error) {
                Kind::Refused { state, constraint } => {
                    savepoint.rollback().await?;
                    tracing::debug!(cause = describe(&error), "the schema refused a command");
                    refused = Some(verdict::rejection(&state, constraint.as_deref()));
                }
                Kind::Again | Kind::Unavailable => return Err(error),
                Kind::Fault(cause) => {
                    savepoint.rollback().await?;
                    return Ok(Done::Failed(cause));
                }
            },
        }
    }
    let rejection = refused.unwrap_or_else(|| Rejection::new(RejectionCode::Invalid));
    Ok(Done::Decided(Decided::rejected(rejection, None)))
}

async fn attempt(
    connection: &mut PgConnection,
    sealer: &Sealer,
    envelope: &Envelope,
    roles: &[Role],
) -> Result<Tried, sqlx::Error> {
    // Row-level security asks for the author's roles, whoever delivers.
    let author = Identity {
        clinic: envelope.clinic,
        user: Some(envelope.author),
        workstation: Some(envelope.workstation),
    };
    author.set(connection).await?;
    let context = Context::of(envelope, roles, Place::Server);
    let command = &envelope.command;
    // `decide` asks for the grant first; without it there is no reason to load (or lock) anything.
    let allowed = roles.iter().any(|role| role.may(command.grant()));
    let reads = if allowed { command.reads() } else { Vec::new() };
    let mut world = load::world(connection, sealer, &reads).await?;
    if reads.contains(&Read::NextRecordNumber) {
        world.next_record_number = rows::next_record_numbers(connection, 1).await?.pop();
    }
    let patient = command.patient(&world);
    let Ok(decided) = catch_unwind(AssertUnwindSafe(|| decide(command, &context, &world))) else {
        return Ok(Tried::Failed("decide panicked"));
    };
    let decision = match decided {
        Ok(decision) => decision,
        Err(rejection) => return Ok(Tried::Rejected(rejection, patient)),
    };
    for change in &decision.changes {
        // A decision over tables that commands must never write would be a bug of a verb.
        if change.table == TableName::AuditEvent {
            return Ok(Tried::Failed("a verb writes the audit log"));
        }
    }
    write::write(connection, sealer, &decision.changes).await?;
    Ok(Tried::Wrote(decision, patient))
}
