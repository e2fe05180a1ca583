//! One transaction of a push: the workstation locked, its commands one after another, each in a savepoint.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Executor, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{CommandId, Envelope, Rejection, RejectionCode};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Verdict};
use wattle_protocol::session::WorkstationState;

use super::incoming::Incoming;
use super::one::{self, Done};
use super::trust::{self, Authors};
use super::verdict;
use crate::auth::{Session, workstation_state};
use crate::db::command_log::{self, Logged};
use crate::db::{audit, workstation};
use crate::error::ApiError;
use crate::state::AppState;

/// Why a batch did not commit.
pub(super) enum Error {
    Database(sqlx::Error),
    Refused(ApiError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// A batch under way.
struct Batch<'a> {
    app: &'a AppState,
    session: &'a Session,
    tx: Transaction<'static, Postgres>,
    authors: Authors,
    /// Verdicts of commands and of those they build on, as far as there are any.
    known: BTreeMap<CommandId, Logged>,
    audit: Vec<AuditEvent>,
}

/// Decides commands, which are in the order of their numbers, and commits. Stops early, with fewer answers, after a
/// command over which the server failed and which is to be tried again.
pub(super) async fn run(
    app: &AppState,
    session: &Session,
    commands: &[Incoming],
) -> Result<Vec<Answer>, Error> {
    let mut tx = session.identity().begin(&app.pool).await?;
    let locked = workstation::lock(&mut tx, session.clinic, session.workstation).await?;
    if locked.map(|w| workstation_state(&w.state)) != Some(WorkstationState::Ok) {
        return Err(Error::Refused(ApiError::because(ErrorCode::NotAllowed, "workstation is stopped")));
    }
    check_now(app, &mut tx).await?;
    let mut asked: Vec<Uuid> = Vec::new();
    for command in commands {
        asked.push(command.id.0);
        asked.extend(command.envelope.iter().flat_map(|e| e.deps.iter().map(|d| d.0)));
    }
    let known = command_log::verdicts(&mut tx, session.clinic, &asked).await?.into_iter().collect();
    let mut batch = Batch { app, session, tx, authors: Authors::default(), known, audit: Vec::new() };
    let mut answers = Vec::with_capacity(commands.len());
    let mut last_n = 0;
    for command in commands {
        let Some(answer) = batch.answer(command).await? else { break };
        last_n = command.n.max(last_n);
        answers.push(answer);
    }
    let Batch { mut tx, audit: entries, .. } = batch;
    session.identity().set(&mut tx).await?;
    workstation::seen(&mut tx, session.clinic, session.workstation, app.now(), None, last_n).await?;
    // Last of all: from here to the commit the clinic's audit chain is locked, and no row is asked for any more.
    audit::append(&mut tx, session.clinic, &entries).await?;
    tx.commit().await?;
    Ok(answers)
}

/// Foreign keys are checked with each command, not at the commit: there it would be too late for a verdict.
/// The trigger that numbers the commit stays deferred, so the keys are named one by one.
async fn check_now(app: &AppState, tx: &mut Transaction<'static, Postgres>) -> Result<(), sqlx::Error> {
    let names: &String = app
        .check_now
        .get_or_try_init(|| async {
            sqlx::query_scalar::<_, String>(
                "SELECT 'SET CONSTRAINTS ' || string_agg(DISTINCT format('%I.%I', n.nspname, c.conname), ', ') \
                 || ' IMMEDIATE' FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace \
                 WHERE n.nspname = 'clinic' AND c.contype = 'f' AND c.condeferrable",
            )
            .fetch_one(&mut **tx)
            .await
        })
        .await?;
    tx.execute(sqlx::raw_sql(AssertSqlSafe(names.as_str()))).await?;
    Ok(())
}

impl Batch<'_> {
    /// The answer to one command; `None` when it is to be tried again and the batch stops here.
    async fn answer(&mut self, command: &Incoming) -> Result<Option<Answer>, sqlx::Error> {
        let answer = |verdict| Ok(Some(Answer { command_id: command.id, verdict, duplicate: false }));
        if let Some(logged) = self.known.get(&command.id) {
            if logged.payload_hash == command.payload_hash {
                let verdict = logged.verdict.clone();
                return Ok(Some(Answer { command_id: command.id, verdict, duplicate: true }));
            }
            tracing::warn!(command = %command.id, "a command's id came with another payload");
            return answer(rejected(RejectionCode::AlreadyExists));
        }
        let Some(envelope) = &command.envelope else {
            // Whoever wrote it knows more than we do: it is kept whole.
            self.quarantine(command, "unreadable").await?;
            return answer(Verdict::Quarantined);
        };
        let signature = trust::signature_bytes(&command.signature);
        let author = self.authors.get(&mut self.tx, self.session, envelope.author).await?;
        if !author.signed(self.session, envelope, &command.payload, &signature) {
            // Not logged under its id: the real command of that id may still come.
            tracing::warn!(command = %command.id, "signature, clinic or workstation not as it should be");
            let mut entry =
                verdict::entry(envelope, &[], self.app.clock.now(), "not_believed".into(), None, None);
            (entry.user_id, entry.workstation_id) = (self.session.user, self.session.workstation);
            self.audit.push(entry);
            return answer(rejected(RejectionCode::NotAllowed));
        }
        if let Some(on) = envelope.deps.iter().find(|dep| !self.is_settled(dep)) {
            return answer(Verdict::Deferred { on: *on });
        }
        let verdict = match one::run(&mut self.tx, envelope, &author.roles).await? {
            Done::Decided { verdict, patient, decision } => {
                let word = verdict::word(&verdict);
                let now = self.app.clock.now();
                self.audit.push(verdict::entry(
                    envelope,
                    &author.roles,
                    now,
                    word,
                    patient,
                    decision.as_ref(),
                ));
                verdict
            }
            Done::Failed(cause) => {
                let faults = command_log::count_fault(
                    &mut self.tx,
                    self.session.clinic,
                    command.id,
                    &command.payload_hash,
                )
                .await?;
                tracing::error!(command = %command.id, faults, cause, "the server failed over a command");
                if faults < self.app.config.faults_before_quarantine {
                    return Ok(None);
                }
                self.quarantine(command, &cause).await?;
                Verdict::Quarantined
            }
        };
        self.log(command, envelope, &signature, &verdict).await?;
        answer(verdict)
    }

    /// Whether a command that another builds on has a final verdict. One in quarantine has not: its dependants wait.
    fn is_settled(&self, command: &CommandId) -> bool {
        self.known.get(command).is_some_and(|logged| logged.verdict != Verdict::Quarantined)
    }

    async fn log(
        &mut self,
        command: &Incoming,
        envelope: &Envelope,
        signature: &[u8],
        verdict: &Verdict,
    ) -> Result<(), sqlx::Error> {
        let entry = command_log::Entry {
            command: command.id,
            workstation: self.session.workstation,
            n: command.n,
            author: envelope.author,
            name: envelope.command.name(),
            payload: &command.payload,
            payload_hash: &command.payload_hash,
            signature,
            verdict,
        };
        command_log::insert(&mut self.tx, self.session.clinic, &entry).await?;
        let logged = Logged { payload_hash: command.payload_hash.clone(), verdict: verdict.clone() };
        self.known.insert(command.id, logged);
        Ok(())
    }

    async fn quarantine(&mut self, command: &Incoming, reason: &str) -> Result<(), sqlx::Error> {
        tracing::error!(command = %command.id, reason, "command quarantined: somebody must look");
        let kept = command_log::Kept {
            command: command.id,
            workstation: self.session.workstation,
            delivered_by: self.session.user,
            payload: &command.payload,
            signature: &command.signature,
            reason,
        };
        command_log::quarantine(&mut self.tx, self.session.clinic, &kept).await
    }
}

fn rejected(code: RejectionCode) -> Verdict {
    Verdict::Rejected { rejection: Rejection::new(code) }
}
