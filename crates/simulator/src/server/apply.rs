//! Push: commands decided for good, in the order of their numbers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};
use wattle_domain::{CommandId, Envelope, Rejection, RejectionCode, Role, WIRE};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Pushed, Signed, Verdict};
use wattle_sync_rules::push::{
    AfterFault, FAULTS_BEFORE_QUARANTINE, Logged, Unit, after_fault, deferred_on, first_answer, is_twin,
    refused_together, stands, units,
};

use super::database::Entry;
use super::one::Done;
use super::transaction::Transaction;
use super::{Caller, Refusal, Server};
use crate::mutant::Mutant;

/// Where in a push the server falls over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Everything was decided, nothing was committed.
    BeforeCommit,
    /// It was committed, and nobody was told.
    AfterCommit,
}

/// A command as it came in.
struct Incoming {
    id: CommandId,
    n: u64,
    payload: String,
    payload_hash: Vec<u8>,
    signature: String,
    envelope: Option<Envelope>,
}

impl Incoming {
    fn read(signed: Signed) -> Result<Self, Refusal> {
        let malformed = || Refusal::new(ErrorCode::Malformed);
        let named: serde_json::Value = serde_json::from_str(&signed.payload).map_err(|_| malformed())?;
        let id = named.get("id").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        let n = named.get("n").and_then(serde_json::Value::as_u64);
        let (Some(id), Some(n)) = (id, n) else { return Err(malformed()) };
        let envelope = serde_json::from_str::<Envelope>(&signed.payload).ok().filter(|e| e.wire <= WIRE);
        let payload_hash = digest(&SHA256, signed.payload.as_bytes()).as_ref().to_vec();
        Ok(Self { id, n, payload_hash, payload: signed.payload, signature: signed.signature, envelope })
    }
}

/// What became of a unit.
enum Became {
    Answered(Vec<Answer>),
    /// The batch stops here.
    Stop,
    /// Another transaction is in the way.
    Locked,
}

impl Server {
    /// Decides commands. The second part is false when the answer never goes out.
    ///
    /// # Errors
    /// As the real one.
    pub fn push(
        &mut self,
        caller: Caller,
        commands: Vec<Signed>,
        crash: Option<Crash>,
    ) -> (Result<Pushed, Refusal>, bool) {
        let mut incoming = match commands.into_iter().map(Incoming::read).collect::<Result<Vec<_>, _>>() {
            Ok(incoming) => incoming,
            Err(refusal) => return (Err(refusal), true),
        };
        let sent: BTreeMap<CommandId, usize> = incoming.iter().enumerate().map(|(i, c)| (c.id, i)).collect();
        incoming.sort_by_key(|c| c.n);
        let groups: Vec<_> = incoming.iter().map(|c| c.envelope.as_ref().and_then(|e| e.group)).collect();
        let units = units(&groups);

        let mut answers: Vec<Answer> = Vec::new();
        let mut twin = false;
        let mut locked = false;
        let mut told = true;
        'all: for units in units.chunks(self.behaviour.commands_per_transaction.max(1)) {
            let mut tx = Transaction::begin(caller.clinic, self.now, None, None);
            let mut done: Vec<Answer> = Vec::new();
            let mut stop = false;
            for unit in units {
                let commands = incoming.get(unit.range.clone()).unwrap_or_default();
                match self.unit(caller, &mut tx, unit, commands, &mut twin) {
                    Became::Answered(some) => done.extend(some),
                    Became::Stop => {
                        stop = true;
                        break;
                    }
                    Became::Locked => {
                        (stop, locked) = (true, true);
                        break;
                    }
                }
            }
            match crash {
                Some(Crash::BeforeCommit) if self.is(Mutant::AckBeforeCommit) => answers.extend(done),
                Some(Crash::BeforeCommit) => told = false,
                _ => {
                    self.commit(tx);
                    answers.extend(done);
                }
            }
            if stop || crash.is_some() {
                told &= crash != Some(Crash::AfterCommit);
                break 'all;
            }
        }
        if answers.is_empty() && !sent.is_empty() {
            let code = if locked { ErrorCode::Unavailable } else { ErrorCode::Internal };
            let retry_after_ms = locked.then_some(1_000);
            return (Err(Refusal { code, retry_after_ms }), told);
        }
        answers.sort_by_key(|a| sent.get(&a.command_id).copied());
        // Fewer answers than commands: what was answered is a prefix, or the client would not know what is meant.
        (Ok(Pushed { answers, twin }), told)
    }

    fn logged(&self, tx: &Transaction, id: CommandId) -> Option<Logged> {
        let entry = tx.log.get(&id).or_else(|| self.database.clinic(tx.clinic).log.get(&id))?;
        Some(Logged { payload_hash: entry.payload_hash.clone(), verdict: entry.verdict.clone() })
    }

    fn unit(
        &mut self,
        caller: Caller,
        tx: &mut Transaction,
        unit: &Unit,
        commands: &[Incoming],
        twin: &mut bool,
    ) -> Became {
        if let Some(seen) = self.seen(tx, commands) {
            return Became::Answered(seen);
        }
        for command in commands {
            let Some(envelope) = &command.envelope else { continue };
            let number = (envelope.workstation, envelope.replica, envelope.n);
            let data = self.database.clinic(tx.clinic);
            let other = tx.numbers.get(&number).or_else(|| data.numbers.get(&number)).copied();
            *twin |= envelope.replica.is_some() && is_twin(command.id, other);
        }
        if unit.group.is_some_and(|group| !group.whole) {
            let rejection = Rejection::new(RejectionCode::GroupRefused);
            return Became::Answered(said(commands, &vec![Verdict::Rejected { rejection }; commands.len()]));
        }
        let savepoint = tx.clone();
        let mut verdicts = Vec::new();
        // What the same group has decided before counts as settled.
        let mut decided: BTreeMap<CommandId, Verdict> = BTreeMap::new();
        for (place, command) in commands.iter().enumerate() {
            match self.command(caller, tx, command, &decided) {
                Ok(verdict) if commands.len() == 1 || stands(&verdict) => {
                    decided.insert(command.id, verdict.clone());
                    verdicts.push(verdict);
                }
                Ok(verdict) => {
                    *tx = savepoint;
                    verdicts = refused_together(commands.len(), place, &verdict);
                    break;
                }
                Err(Became::Stop) => {
                    // The failure is counted although nothing else of it stays.
                    let faults = tx.faults.clone();
                    *tx = savepoint;
                    tx.faults = faults;
                    return Became::Stop;
                }
                Err(other) => {
                    *tx = savepoint;
                    return other;
                }
            }
        }
        for (command, verdict) in commands.iter().zip(&verdicts) {
            self.log(tx, command, verdict);
        }
        Became::Answered(said(commands, &verdicts))
    }

    /// The answers to commands that were all seen before.
    fn seen(&self, tx: &Transaction, commands: &[Incoming]) -> Option<Vec<Answer>> {
        if self.is(Mutant::NoDedupe) {
            return None;
        }
        commands.iter().map(|c| first_answer(c.id, &c.payload_hash, self.logged(tx, c.id).as_ref())).collect()
    }

    fn command(
        &mut self,
        caller: Caller,
        tx: &mut Transaction,
        command: &Incoming,
        decided: &BTreeMap<CommandId, Verdict>,
    ) -> Result<Verdict, Became> {
        let Some(envelope) = &command.envelope else { return Ok(Verdict::Quarantined) };
        let Some(roles) = self.author(caller, envelope, command) else {
            return Ok(Verdict::Rejected { rejection: Rejection::new(RejectionCode::NotAllowed) });
        };
        let verdicts: BTreeMap<CommandId, Verdict> =
            envelope.deps.iter().filter_map(|dep| Some((*dep, self.logged(tx, *dep)?.verdict))).collect();
        if let Some(on) = deferred_on(envelope, |dep| decided.get(&dep).or_else(|| verdicts.get(&dep))) {
            return Ok(Verdict::Deferred { on });
        }
        match self.one(tx, envelope, &roles) {
            Done::Decided(verdict) => Ok(verdict),
            Done::Locked => Err(Became::Locked),
            Done::Failed => {
                let data = self.database.clinic(tx.clinic);
                let faults = 1 + tx
                    .faults
                    .get(&command.id)
                    .or_else(|| data.faults.get(&command.id))
                    .copied()
                    .unwrap_or(0);
                tx.faults.insert(command.id, faults);
                match after_fault(faults, FAULTS_BEFORE_QUARANTINE) {
                    AfterFault::TryAgain => Err(Became::Stop),
                    AfterFault::Quarantine => Ok(Verdict::Quarantined),
                }
            }
        }
    }

    /// The roles of a command's author, when it is believed.
    fn author(&self, caller: Caller, envelope: &Envelope, command: &Incoming) -> Option<Vec<Role>> {
        let data = self.database.clinic(caller.clinic);
        let key = data.keys.get(&(envelope.author, caller.workstation))?;
        let signature = STANDARD.decode(&command.signature).unwrap_or_default();
        let signed =
            UnparsedPublicKey::new(&ED25519, key).verify(command.payload.as_bytes(), &signature).is_ok();
        let ours = envelope.clinic == data.id && envelope.workstation == caller.workstation;
        (signed && ours).then(|| data.roles.get(&envelope.author).cloned().unwrap_or_default())
    }

    fn log(&self, tx: &mut Transaction, command: &Incoming, verdict: &Verdict) {
        if *verdict == Verdict::Quarantined {
            tx.quarantine.insert(command.id);
        }
        let Some(envelope) =
            command.envelope.as_ref().filter(|_| !matches!(verdict, Verdict::Deferred { .. }))
        else {
            return;
        };
        let entry = Entry { payload_hash: command.payload_hash.clone(), verdict: verdict.clone() };
        tx.log.insert(command.id, entry);
        let number = (envelope.workstation, envelope.replica, envelope.n);
        if !self.database.clinic(tx.clinic).numbers.contains_key(&number) {
            tx.numbers.entry(number).or_insert(command.id);
        }
    }
}

fn said(commands: &[Incoming], verdicts: &[Verdict]) -> Vec<Answer> {
    let answer = |(command, verdict): (&Incoming, &Verdict)| Answer {
        command_id: command.id,
        verdict: verdict.clone(),
        duplicate: false,
    };
    commands.iter().zip(verdicts).map(answer).collect()
}
