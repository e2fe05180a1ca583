//! One transaction of a push: the workstation locked, its units one after another, what is kept of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use sqlx::{AssertSqlSafe, Executor, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{CommandId, Envelope, ReplicaId};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Verdict};
use wattle_protocol::session::WorkstationState;
use wattle_sync_rules::push::{Logged, Unit, is_twin};

use super::incoming::Incoming;
use super::trust::Authors;
use crate::auth::{Session, workstation_state};
use crate::db::replica::{self, File};
use crate::db::{audit, command_log, workstation};
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
    pub tx: Transaction<'static, Postgres>,
    pub authors: Authors,
    /// Verdicts of commands and of those they build on, as far as there are any.
    pub known: BTreeMap<CommandId, Logged>,
    pub audit: Vec<AuditEvent>,
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
) -> Result<Done, Error> {
    let mut tx = session.identity().begin(&app.pool).await?;
    let locked = workstation::lock(&mut tx, session.clinic, session.workstation).await?;
    if locked.map(|w| workstation_state(&w.state)) != Some(WorkstationState::Ok) {
        return Err(Error::Refused(ApiError::because(ErrorCode::NotAllowed, "workstation is stopped")));
    }
    check_now(app, &mut tx).await?;
    let members = |unit: &Unit| commands.get(unit.range.clone()).unwrap_or_default();
    let mut asked: BTreeSet<Uuid> = BTreeSet::new();
    let mut numbers: BTreeSet<(ReplicaId, i64)> = BTreeSet::new();
    for command in units.iter().flat_map(members) {
        asked.insert(command.id.0);
        let Some(envelope) = &command.envelope else { continue };
        asked.extend(envelope.deps.iter().map(|dep| dep.0));
        numbers.extend(envelope.replica.map(|replica| (replica, command.n)));
    }
    let asked: Vec<Uuid> = asked.into_iter().collect();
    let known = command_log::verdicts(&mut tx, session.clinic, &asked).await?.into_iter().collect();
    let numbered = command_log::numbered(&mut tx, session.clinic, session.workstation, &numbers).await?;
    let mut batch = Batch {
        app,
        session,
        tx,
        authors: Authors::default(),
        known,
        audit: Vec::new(),
        numbered,
        last_n: BTreeMap::new(),
        twin: false,
    };
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
    let Batch { mut tx, audit: entries, last_n, twin, .. } = batch;
    session.identity().set(&mut tx).await?;
    workstation::seen(&mut tx, session.clinic, session.workstation, app.now(), None).await?;
    for (replica, n) in last_n {
        let file = File { clinic: session.clinic, workstation: session.workstation, replica };
        replica::numbered(&mut tx, file, n).await?;
    }
    // Last of all: from here to the commit the clinic's audit chain is locked, and no row is asked for any more.
    audit::append(&mut tx, session.clinic, &entries).await?;
    let decided = Instant::now();
    tx.commit().await?;
    app.metrics.commit_took(decided.elapsed());
    Ok(Done { answers, stopped, twin })
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
    /// Keeps a verdict for good.
    pub async fn log(
        &mut self,
        command: &Incoming,
        envelope: &Envelope,
        signature: &[u8],
        verdict: &Verdict,
    ) -> Result<(), sqlx::Error> {
        let entry = command_log::Entry {
            command: command.id,
            workstation: self.session.workstation,
            replica: envelope.replica,
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
        Ok(())
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
        command_log::quarantine(&mut self.tx, self.session.clinic, &kept).await
    }
}
