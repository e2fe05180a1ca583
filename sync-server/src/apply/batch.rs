//! One transaction of a push: the workstation locked, its units one after another, what is kept of them.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Postgres, Transaction};
use wattle_domain::attribution::Stamp;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{CommandId, Envelope, Read, ReplicaId, UserId, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Verdict};
use wattle_protocol::session::WorkstationState;
use wattle_sync_rules::push::{Logged, Unit, is_twin};

use super::Origin;
use super::incoming::Incoming;
use super::together::{Apart, Together};
use crate::admin::note;
use crate::auth::{Session, workstation_state};
use crate::db::error::{Kind, describe, kind};
use crate::db::push::{self, Asked, Author, Entry};
use crate::db::{Identity, audit, command_log};
use crate::error::ApiError;
use crate::seal::Sealer;
use crate::state::AppState;

/// Between two tries to send what waits for the switch: after it, a clinic's work goes out within so many seconds.
const ASK_AGAIN_S: u32 = 15;

/// How the commands of a batch are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// In memory, over rows that are loaded once; written at the end.
    Together,
    /// Each loaded, decided and written before the next.
    OneByOne,
}

/// Why a batch did not commit.
pub(super) enum Error {
    Database(sqlx::Error),
    Refused(ApiError),
    /// To be decided [`Pace::OneByOne`].
    Apart(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Apart> for Error {
    fn from(Apart(why): Apart) -> Self {
        Self::Apart(why)
    }
}

/// What a batch gave.
pub(super) struct Done {
    /// In the order of the commands, from the first on.
    pub answers: Vec<Answer>,
    /// After a command over which the server failed and which is to be tried again.
    pub stopped: bool,
    /// Two copies of one file are at work.
    pub twin: bool,
}

/// A batch under way.
pub(super) struct Batch<'a> {
    pub app: &'a AppState,
    pub session: &'a Session,
    pub origin: Origin,
    pub tx: Transaction<'a, Postgres>,
    pub sealer: Sealer,
    pub authors: BTreeMap<UserId, Author>,
    /// Verdicts of commands and of those they build on, as far as there are any.
    pub known: BTreeMap<CommandId, Logged>,
    pub audit: Vec<AuditEvent>,
    /// What is decided so far, when it is decided together.
    pub together: Option<Together>,
    entries: Vec<Entry<'a>>,
    /// Which command the server has under a file's number.
    numbered: BTreeMap<(ReplicaId, i64), CommandId>,
    /// The highest number that was settled, by file.
    last_n: BTreeMap<Option<ReplicaId>, i64>,
    twin: bool,
}

/// Decides units of commands, which are in the order of their numbers, and commits. Stops early after one over which the
/// server failed and which is to be tried again.
pub(super) async fn run(
    app: &AppState,
    session: &Session,
    commands: &[Incoming],
    units: &[Unit],
    pace: Pace,
    origin: Origin,
) -> Result<Done, Error> {
    // Before the transaction: should the KMS not give the clinic's key, nothing was begun.
    let sealer = app.seals.for_writing(session.clinic).await.map_err(Error::Refused)?;
    let mut connection = app.pool.acquire().await?;
    let error = match push::begin(&mut connection, &session.identity()).await {
        Ok(tx) => return run_in(tx, sealer, app, (session, origin), commands, units, pace).await,
        Err(error) => error,
    };
    connection.close_on_drop();
    Err(error.into())
}

async fn run_in<'a>(
    mut tx: Transaction<'a, Postgres>,
    mut sealer: Sealer,
    app: &'a AppState,
    (session, origin): (&'a Session, Origin),
    commands: &'a [Incoming],
    units: &[Unit],
    pace: Pace,
) -> Result<Done, Error> {
    let members = |unit: &Unit| commands.get(unit.range.clone()).unwrap_or_default();
    let commands: Vec<&Incoming> = units.iter().flat_map(members).collect();
    let kept = matches!(origin, Origin::Quarantine(_));
    if kept {
        // What was said of them was only that they were kept.
        let ids: Vec<_> = commands.iter().map(|command| command.id.0).collect();
        command_log::unsay(&mut tx, session.clinic, &ids).await?;
    }
    let asked = asked(&commands, origin);
    let known = push::look(&mut tx, session.clinic, session.workstation, &asked).await?;
    let may = |known: &push::Known| kept || workstation_state(&known.state) == WorkstationState::Ok;
    let Some(known) = known.filter(may) else {
        return Err(Error::Refused(ApiError::because(ErrorCode::NotAllowed, "workstation is stopped")));
    };
    if known.closed {
        let why = "the clinic is closed until its switch from FileMaker";
        return Err(Error::Refused(ApiError::after(ErrorCode::BeforeSwitch, ASK_AGAIN_S, why)));
    }
    if known.generation > sealer.generation() {
        // A new key, or one that another node made. Seldom enough to wait for it here.
        sealer = app.seals.at(session.clinic, known.generation).await.map_err(Error::Refused)?;
    }
    let mut batch = Batch {
        app,
        session,
        origin,
        tx,
        sealer,
        authors: known.authors,
        known: known.verdicts,
        audit: Vec::new(),
        together: None,
        entries: Vec::new(),
        numbered: known.numbered,
        last_n: BTreeMap::new(),
        twin: false,
    };
    match pace {
        Pace::Together => batch.load(&commands, known.at).await?,
        Pace::OneByOne => check_now(app, &mut batch.tx).await?,
    }
    let mut answers = Vec::new();
    let mut stopped = false;
    for unit in units {
        match batch.unit(members(unit), unit.group).await? {
            Some(more) => answers.extend(more),
            None => {
                stopped = true;
                break;
            }
        }
    }
    let is_open = |answer: &Answer| matches!(answer.verdict, Verdict::Deferred { .. } | Verdict::Quarantined);
    if kept && (stopped || answers.iter().any(is_open)) {
        let why = "the server still fails over it, its group is not whole, or it waits for another command: that one first";
        return Err(Error::Refused(ApiError::because(ErrorCode::NotAllowed, why)));
    }
    let twin = batch.twin;
    batch.finish().await?;
    Ok(Done { answers, stopped, twin })
}

fn asked(commands: &[&Incoming], origin: Origin) -> Asked {
    let kept_at = match origin {
        Origin::Push => None,
        Origin::Quarantine(at) => Some(at),
    };
    let mut asked = Asked { kept_at, ..Asked::default() };
    for command in commands {
        asked.commands.insert(command.id.0);
        let Some(envelope) = &command.envelope else { continue };
        asked.commands.extend(envelope.deps.iter().map(|dep| dep.0));
        asked.numbers.extend(envelope.replica.map(|replica| (replica, command.n)));
        asked.authors.insert(envelope.author.0);
    }
    asked
}

/// Foreign keys are checked with each command, not at the commit: there it would be too late for a verdict.
/// The trigger that numbers the commit stays deferred, so the keys are named one by one.
async fn check_now(app: &AppState, tx: &mut Transaction<'_, Postgres>) -> Result<(), sqlx::Error> {
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

impl<'a> Batch<'a> {
    /// Loads what the commands that have no verdict yet look at, for their one author.
    async fn load(&mut self, commands: &[&Incoming], at: UtcInstant) -> Result<(), Error> {
        let new = commands.iter().filter(|command| !self.known.contains_key(&command.id));
        let envelopes: Vec<&Envelope> = new.filter_map(|command| command.envelope.as_ref()).collect();
        let by = envelopes.first().map_or(self.session.user, |envelope| envelope.author);
        if envelopes.iter().any(|envelope| envelope.author != by) {
            return Err(Error::Apart("several authors".into()));
        }
        let roles = self.authors.get(&by).map(|author| author.roles.as_slice()).unwrap_or_default();
        let allowed = envelopes.iter().filter(|e| roles.iter().any(|role| role.may(e.command.grant())));
        let reads: Vec<Read> = allowed.flat_map(|envelope| envelope.command.reads()).collect();
        if by != self.session.user {
            // Row-level security asks for the author's roles, whoever delivers.
            Identity { user: Some(by), ..self.session.identity() }.set(&mut self.tx).await?;
        }
        let stamp = Stamp { by: Some(by), workstation: Some(self.session.workstation), at };
        self.together = Some(Together::load(&mut self.tx, &self.sealer, stamp, &reads).await?);
        Ok(())
    }

    /// Writes what is not written yet, and commits.
    async fn finish(mut self) -> Result<(), Error> {
        let clinic = self.session.clinic;
        let apart = |error: sqlx::Error| match kind(&error) {
            Kind::Refused { .. } | Kind::Fault(_) => Error::Apart(describe(&error)),
            Kind::Again | Kind::Unavailable => error.into(),
        };
        let together = self.together.is_some();
        if let Some(decided) = self.together.take()
            && decided.write(&mut self.tx, &self.sealer).await.map_err(apart)?.is_none()
        {
            return Err(Error::Apart("a record number is left".into()));
        }
        if self.authors.keys().any(|author| *author != self.session.user) {
            self.session.identity().set(&mut self.tx).await?;
        }
        let (at, workstation) = (self.app.now(), self.session.workstation);
        push::keep(&mut self.tx, &self.sealer, workstation, at, &self.last_n, &self.entries).await?;
        if matches!(self.origin, Origin::Quarantine(_)) {
            self.released().await?;
        }
        // Last of all: from here to the commit the clinic's audit chain is locked, and no row is asked for any more.
        audit::append(&mut self.tx, clinic, &self.audit).await?;
        let decided = Instant::now();
        // Foreign keys of what was written together are checked here.
        self.tx.commit().await.map_err(|error| if together { apart(error) } else { error.into() })?;
        self.app.metrics.commit_took(decided.elapsed());
        Ok(())
    }

    /// Takes what was decided out of quarantine, and says so in the log of access.
    async fn released(&mut self) -> Result<(), sqlx::Error> {
        let clinic = self.session.clinic;
        for Entry { command, verdict, .. } in &self.entries {
            if *verdict != Verdict::Quarantined
                && command_log::resolve(&mut self.tx, clinic, *command).await?
            {
                let detail = json!({"verdict": super::verdict::word(verdict)});
                note(&mut self.tx, clinic, "release_quarantined", Some(command.0), detail).await?;
            }
        }
        Ok(())
    }

    /// Keeps a verdict for good.
    pub fn log(
        &mut self,
        command: &'a Incoming,
        envelope: &'a Envelope,
        signature: &[u8],
        verdict: &Verdict,
    ) {
        self.entries.push(Entry {
            command: command.id,
            replica: envelope.replica,
            n: command.n,
            author: envelope.author,
            name: envelope.command.name(),
            payload: &command.payload,
            payload_hash: &command.payload_hash,
            signature: signature.to_vec(),
            verdict: verdict.clone(),
        });
        let logged = Logged { payload_hash: command.payload_hash.clone(), verdict: verdict.clone() };
        self.known.insert(command.id, logged);
        let last = self.last_n.entry(envelope.replica).or_default();
        *last = command.n.max(*last);
        if let Some(replica) = envelope.replica {
            let other = self.numbered.get(&(replica, command.n)).copied();
            if is_twin(command.id, other) {
                // Both commands are decided: ids tell them apart. The file is told to draw another id for itself.
                let workstation = self.session.workstation;
                tracing::warn!(%workstation, %replica, n = command.n, command = %command.id, "two copies of one file");
                self.twin = true;
            }
            self.numbered.entry((replica, command.n)).or_insert(command.id);
        }
    }

    /// Keeps a command whole, for somebody to look at.
    pub async fn quarantine(&mut self, command: &Incoming, reason: &str) -> Result<(), sqlx::Error> {
        tracing::error!(command = %command.id, reason, "command quarantined: somebody must look");
        let kept = command_log::Kept {
            command: command.id,
            workstation: self.session.workstation,
            delivered_by: self.session.user,
            payload: &command.payload,
            signature: &command.signature,
            reason,
        };
        command_log::quarantine(&mut self.tx, &self.sealer, &kept).await.map(drop)
    }
}
