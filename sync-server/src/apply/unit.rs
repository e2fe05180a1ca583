//! What becomes of a command, or of a group that stands or falls together. The rules are `wattle_sync_rules::push`'s; here
//! they meet the database.

use std::collections::BTreeSet;

use sqlx::Acquire;
use wattle_domain::{CommandId, Envelope, Rejection, RejectionCode};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Answer, Verdict};
use wattle_sync_rules::push::{
    AfterFault, GroupUnit, after_fault, deferred_on, first_answer, refused_together, stands,
};

use super::Origin;
use super::batch::{Batch, Error};
use super::incoming::Incoming;
use super::one::{self, Decided, Done};
use super::{trust, verdict};
use crate::db::command_log;
use crate::db::push::Author;
use crate::error::ApiError;

/// A command before it is decided.
enum Before {
    /// It was seen before.
    Seen(Answer),
    /// Whoever wrote it knows more than we do.
    Unreadable,
    /// Nobody's, as far as we can tell.
    NotBelieved,
    New,
}

/// A believed command.
struct Member<'a> {
    command: &'a Incoming,
    envelope: &'a Envelope,
    author: Author,
    signature: Vec<u8>,
}

/// What deciding a unit gave.
enum UnitDone {
    /// What was said of each command.
    Said(Vec<Decided>),
    /// The server failed; a code for the log and the quarantine.
    Failed(String),
}

impl<'a> Batch<'a> {
    /// The answers to a command, or to all commands of a group; `None` when the unit is to be tried again and the batch
    /// stops here.
    pub async fn unit(
        &mut self,
        commands: &'a [Incoming],
        group: Option<GroupUnit>,
    ) -> Result<Option<Vec<Answer>>, Error> {
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(commands.len());
        let mut members: Vec<Member<'_>> = Vec::new();
        // What already stands cannot be decided again together with the rest.
        let mut whole = group.is_none_or(|group| group.whole);
        let mut refused: Option<(usize, Verdict)> = None;
        for (place, command) in commands.iter().enumerate() {
            let answer = |verdict| Answer { command_id: command.id, verdict, duplicate: false };
            let answer = match self.before(command, &mut members).await? {
                Before::New => None,
                Before::Seen(answer) => Some(answer),
                // Nothing better can be said of it than where it is.
                Before::Unreadable | Before::NotBelieved if self.origin != Origin::Push => {
                    let why =
                        "its author did not sign it, or this server cannot read it: it can only be set aside";
                    return Err(Error::Refused(ApiError::because(ErrorCode::NotAllowed, why)));
                }
                Before::Unreadable => Some(answer(Verdict::Quarantined)),
                Before::NotBelieved => Some(answer(rejected(RejectionCode::NotAllowed))),
            };
            if let Some(Answer { verdict, .. }) = &answer {
                whole &= !stands(verdict);
                if refused.is_none() && !stands(verdict) {
                    refused = Some((place, verdict.clone()));
                }
            }
            answers.push(answer);
        }
        let said = if members.is_empty() {
            Vec::new()
        } else if let Some((place, verdict)) = refused {
            // Those that have their answer keep it.
            let together = refused_together(commands.len(), place, &verdict);
            let open = answers.iter().zip(together).filter(|(answer, _)| answer.is_none());
            let said = open.map(|(_, verdict)| Decided::only(verdict)).collect();
            self.keep(&members, said, "group_refused").await?
        } else if !whole {
            self.keep_all(&members, "incomplete_group").await?
        } else if let Some(verdicts) = self.deferred(&members) {
            // Not kept: they come again.
            verdicts
        } else {
            match self.decide(&members).await? {
                UnitDone::Said(said) => self.keep(&members, said, "group_refused").await?,
                UnitDone::Failed(cause) => match self.failed(&members, &cause).await? {
                    AfterFault::TryAgain => return Ok(None),
                    AfterFault::Quarantine => self.keep_all(&members, &cause).await?,
                },
            }
        };
        let mut said = members.iter().zip(said);
        let mut next = || {
            let (member, verdict) = said.next()?;
            Some(Answer { command_id: member.command.id, verdict, duplicate: false })
        };
        Ok(Some(answers.into_iter().filter_map(|answer| answer.or_else(&mut next)).collect()))
    }

    /// Looks at a command's past and at its signature; a new one that is believed is added to `members`.
    async fn before(
        &mut self,
        command: &'a Incoming,
        members: &mut Vec<Member<'a>>,
    ) -> Result<Before, sqlx::Error> {
        if let Some(answer) = first_answer(command.id, &command.payload_hash, self.known.get(&command.id)) {
            if !answer.duplicate {
                tracing::warn!(command = %command.id, "a command's id came with another payload");
            }
            return Ok(Before::Seen(answer));
        }
        let Some(envelope) = &command.envelope else {
            self.quarantine(command, "unreadable").await?;
            return Ok(Before::Unreadable);
        };
        let signature = trust::signature_bytes(&command.signature);
        let author = self.authors.get(&envelope.author).cloned().unwrap_or_default();
        if !trust::signed(&author, self.session, envelope, &command.payload, &signature) {
            // Not logged under its id: the real command of that id may still come.
            tracing::warn!(command = %command.id, "signature, clinic or workstation not as it should be");
            let mut entry =
                verdict::entry(envelope, &[], self.app.clock.now(), "not_believed".into(), None, None);
            (entry.user_id, entry.workstation_id) = (self.session.user, self.session.workstation);
            self.audit.push(entry);
            return Ok(Before::NotBelieved);
        }
        members.push(Member { command, envelope, author, signature });
        Ok(Before::New)
    }

    /// The verdicts of members that must wait for another command.
    fn deferred(&self, members: &[Member<'_>]) -> Option<Vec<Verdict>> {
        let mut earlier: BTreeSet<CommandId> = BTreeSet::new();
        for (place, member) in members.iter().enumerate() {
            // Should an earlier one of the group not stand, none does.
            let verdict_of = |dep: CommandId| match earlier.contains(&dep) {
                true => Some(&Verdict::Applied),
                false => self.known.get(&dep).map(|logged| &logged.verdict),
            };
            if let Some(on) = deferred_on(member.envelope, verdict_of) {
                return Some(refused_together(members.len(), place, &Verdict::Deferred { on }));
            }
            earlier.insert(member.command.id);
        }
        None
    }

    /// Decides members: all of them stand, or none does.
    async fn decide(&mut self, members: &[Member<'_>]) -> Result<UnitDone, Error> {
        let Some(mut together) = self.together.take() else { return Ok(self.decide_apart(members).await?) };
        let mark = (members.len() > 1).then(|| together.mark());
        let mut said: Vec<Decided> = Vec::with_capacity(members.len());
        for (place, member) in members.iter().enumerate() {
            said.push(together.decide(member.envelope, &member.author.roles)?);
            let refused = said.last().filter(|last| !stands(&last.verdict)).map(|last| last.verdict.clone());
            if let Some(verdict) = refused {
                if let Some(mark) = mark {
                    together.back_to(mark);
                }
                said = refuse(said, members.len(), place, &verdict);
                break;
            }
        }
        self.together = Some(together);
        Ok(UnitDone::Said(said))
    }

    /// The same with each command written before the next is looked at: one by itself, several in one savepoint.
    async fn decide_apart(&mut self, members: &[Member<'_>]) -> Result<UnitDone, sqlx::Error> {
        if let [member] = members {
            return Ok(
                match one::run(&mut self.tx, &self.sealer, member.envelope, &member.author.roles).await? {
                    Done::Decided(decided) => UnitDone::Said(vec![decided]),
                    Done::Failed(cause) => UnitDone::Failed(cause),
                },
            );
        }
        let mut savepoint = self.tx.begin().await?;
        let mut said: Vec<Decided> = Vec::with_capacity(members.len());
        for (place, member) in members.iter().enumerate() {
            let decided =
                match one::run(&mut savepoint, &self.sealer, member.envelope, &member.author.roles).await? {
                    Done::Decided(decided) => decided,
                    Done::Failed(cause) => {
                        savepoint.rollback().await?;
                        return Ok(UnitDone::Failed(cause));
                    }
                };
            let refused = (!stands(&decided.verdict)).then(|| decided.verdict.clone());
            said.push(decided);
            if let Some(verdict) = refused {
                savepoint.rollback().await?;
                return Ok(UnitDone::Said(refuse(said, members.len(), place, &verdict)));
            }
        }
        savepoint.commit().await?;
        Ok(UnitDone::Said(said))
    }

    /// Counts a failure of the server over members, each for all.
    async fn failed(&mut self, members: &[Member<'_>], cause: &str) -> Result<AfterFault, sqlx::Error> {
        let mut faults = 0;
        for member in members {
            let Incoming { id, payload_hash, .. } = member.command;
            let counted =
                command_log::count_fault(&mut self.tx, self.session.clinic, *id, payload_hash).await?;
            faults = faults.max(u32::try_from(counted).unwrap_or_default());
            tracing::error!(command = %id, faults, cause, "the server failed over a command");
        }
        Ok(after_fault(faults, self.app.config.faults_before_quarantine))
    }

    async fn keep_all(&mut self, members: &[Member<'a>], reason: &str) -> Result<Vec<Verdict>, sqlx::Error> {
        let said = members.iter().map(|_| Decided::only(Verdict::Quarantined)).collect();
        self.keep(members, said, reason).await
    }

    /// Keeps what was said of members: the verdict, an entry in the audit log for what was decided, and whole in the
    /// quarantine, with a reason, what could not be.
    async fn keep(
        &mut self,
        members: &[Member<'a>],
        said: Vec<Decided>,
        reason: &str,
    ) -> Result<Vec<Verdict>, sqlx::Error> {
        let mut verdicts = Vec::with_capacity(said.len());
        for (member, Decided { verdict, patient, decision }) in members.iter().zip(said) {
            if verdict == Verdict::Quarantined {
                self.quarantine(member.command, reason).await?;
            } else {
                self.audit.push(verdict::entry(
                    member.envelope,
                    &member.author.roles,
                    self.app.clock.now(),
                    verdict::word(&verdict),
                    patient,
                    decision.as_ref(),
                ));
            }
            self.log(member.command, member.envelope, &member.signature, &verdict);
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }
}

/// What is said of a group in which the command at a place was refused: the patients that were looked up stay, for the log.
fn refuse(said: Vec<Decided>, length: usize, place: usize, verdict: &Verdict) -> Vec<Decided> {
    let mut patients = said.into_iter().map(|decided| decided.patient);
    let together = refused_together(length, place, verdict).into_iter();
    together.map(|verdict| Decided { patient: patients.next().flatten(), ..Decided::only(verdict) }).collect()
}

fn rejected(code: RejectionCode) -> Verdict {
    Verdict::Rejected { rejection: Rejection::new(code) }
}
