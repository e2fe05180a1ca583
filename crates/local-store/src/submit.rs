//! A command of the person at the desk: decided, applied, signed and in the outbox, in one transaction.

use std::collections::BTreeSet;

use wattle_domain::{Command, CommandId, Envelope, Group, GroupId, Outcome, WIRE};
use wattle_protocol::ipc::event::Changed;
use wattle_protocol::push::Signed;

use crate::author::Author;
use crate::effect;
use crate::error::{Error, SubmitError};
use crate::store::{Shared, Store};
use crate::tables::{meta, outbox, pending};
use crate::txn::Txn;

/// A command that is saved here.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// Its id.
    pub command_id: CommandId,
    /// How it met the local rows.
    pub decision_outcome: Outcome,
    /// The rows that it changed.
    pub changed: Changed,
}

impl Store {
    /// Decides a command on the local rows, applies it, signs it and appends it to the outbox: one transaction, on disk
    /// when this returns.
    ///
    /// # Errors
    /// `Rejected` when a rule says no, `Store` when it could not be saved; either way nothing has changed.
    pub fn submit(&self, author: &Author, command: Command) -> Result<Submitted, SubmitError> {
        let (shared, author) = (self.shared(), author.clone());
        let ((command_id, decision_outcome), changed) =
            self.write(move |txn| submit(txn, &shared, &author, None, command))?;
        Ok(Submitted { command_id, decision_outcome, changed })
    }

    /// As [`Store::submit`] for commands that stand or fall together, here and at the server. Each is told all the rows
    /// that changed.
    ///
    /// # Errors
    /// As [`Store::submit`]: one no, and none is saved.
    pub fn submit_group(
        &self,
        author: &Author,
        commands: Vec<Command>,
    ) -> Result<Vec<Submitted>, SubmitError> {
        let (shared, author) = (self.shared(), author.clone());
        let (done, changed) = self.write(move |txn| {
            let id = GroupId(shared.new_id());
            let of = u32::try_from(commands.len()).unwrap_or(u32::MAX);
            let mut done = Vec::with_capacity(commands.len());
            for (at, command) in (1..).zip(commands) {
                // One alone is no group.
                let group = (of > 1).then_some(Group { id, at, of });
                done.push(submit(txn, &shared, &author, group, command)?);
            }
            Ok::<_, SubmitError>(done)
        })?;
        let submitted = |(command_id, decision_outcome)| Submitted {
            command_id,
            decision_outcome,
            changed: changed.clone(),
        };
        Ok(done.into_iter().map(submitted).collect())
    }
}

fn submit(
    txn: &mut Txn<'_>,
    shared: &Shared,
    author: &Author,
    group: Option<Group>,
    command: Command,
) -> Result<(CommandId, Outcome), SubmitError> {
    let n = meta::last_n(txn.connection())? + 1;
    let deps = deps(txn, &command)?;
    let envelope = Envelope {
        id: CommandId(shared.new_id()),
        wire: WIRE,
        clinic: shared.identity.clinic,
        workstation: shared.identity.workstation,
        n: u64::try_from(n).unwrap_or(0),
        author: author.user,
        issued_at: shared.clock.now(),
        deps,
        replica: Some(meta::replica(txn.connection())?),
        group,
        command,
    };
    let decision = effect::run(txn, &envelope, &author.roles)??;
    let payload = serde_json::to_string(&envelope).map_err(|_| Error::BadRow { what: "command".into() })?;
    let signature = author.signing_key.sign_base64(&payload);
    let signed = Signed { payload, signature };
    outbox::append(
        txn.connection(),
        &outbox::New { envelope: &envelope, signed: &signed, roles: &author.roles },
    )?;
    meta::set(txn.connection(), meta::LAST_N, &n.to_string())?;
    Ok((envelope.id, decision.outcome))
}

/// Commands without a verdict that changed a row which this one looks at.
fn deps(txn: &Txn<'_>, command: &Command) -> Result<Vec<CommandId>, Error> {
    let mut numbers = BTreeSet::new();
    for read in command.reads() {
        if let wattle_domain::Read::Row(table, id) = read {
            numbers.extend(pending::at_row(txn.connection(), table, id, true)?);
        }
    }
    let mut deps = Vec::new();
    for n in numbers {
        if let Some((id, outbox::State::Waiting)) = outbox::by_number(txn.connection(), n)? {
            deps.push(id);
        }
    }
    Ok(deps)
}
