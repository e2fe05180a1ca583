//! What the server said of commands.

use std::collections::BTreeMap;

use wattle_domain::{CommandId, TableName};
use wattle_protocol::ipc::event::Changed;
use wattle_protocol::push::Signed;
use wattle_protocol::push::{Answer, Verdict};

use crate::error::Error;
use crate::rebase;
use crate::store::Store;
use crate::tables::outbox::State;
use crate::tables::{outbox, pending};
use crate::txn::Txn;

impl Store {
    /// Commands without a final verdict, in the order of their numbers, up to a count and a size in bytes (at least one,
    /// when there is one). A group comes whole, also when it is larger. A command that the server has deferred waits here
    /// while what it waits for does.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn outbox_batch(&self, max_commands: usize, max_bytes: usize) -> Result<Vec<Signed>, Error> {
        self.read(|connection| outbox::batch::batch(connection, max_commands, max_bytes))
    }

    /// Commands without a final verdict after a number, in their order, whatever they wait for; with the number of the
    /// last of them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unsent(&self, after: i64, most: usize) -> Result<(Vec<Signed>, i64), Error> {
        self.read(|connection| outbox::batch::unsent(connection, after, most))
    }

    /// Writes down answers of the server. Applied, merged and conflict: the command stays pending until a pull covers it.
    /// Rejected and quarantined: its effect is undone at once, and it is kept for *Needs attention*. Deferred: it waits.
    /// Answers to commands that are not here, or are answered already, change nothing.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn record_answers(&self, answers: &[Answer]) -> Result<Changed, Error> {
        let answers = answers.to_vec();
        let ((), changed) = self.write(move |txn| record(txn, &answers))?;
        Ok(changed)
    }
}

fn record(txn: &mut Txn<'_>, answers: &[Answer]) -> Result<(), Error> {
    let refused = note(txn, answers)?;
    let numbers = refused.values().copied().collect();
    rebase::rebase(txn, &[], &numbers, |txn| out_of_effect(txn, answers, &refused))
}

/// Commands that answers end without effect, and their numbers.
pub(crate) type Refused = BTreeMap<CommandId, i64>;

/// Writes answers down, but for those that end a command without effect: these are told, to be undone first and then taken
/// [`out_of_effect`].
pub(crate) fn note(txn: &mut Txn<'_>, answers: &[Answer]) -> Result<Refused, Error> {
    let refused = refused(txn, answers)?;
    for Answer { command_id, verdict, .. } in answers {
        let here = outbox::find(txn.connection(), *command_id)?;
        if refused.contains_key(command_id) || !matches!(here, Some((_, State::Waiting))) {
            continue;
        }
        let state = match verdict {
            Verdict::Applied | Verdict::Merged | Verdict::Conflict { .. } => State::Answered,
            Verdict::Deferred { .. } | Verdict::Rejected { .. } | Verdict::Quarantined => State::Waiting,
        };
        outbox::set_state(txn.connection(), *command_id, state, verdict, txn.now())?;
        txn.tell();
    }
    Ok(refused)
}

/// The commands that these answers end. One that waits for another which the same answers end goes with it: to find that
/// out only while they are being settled would leave its effect behind.
fn refused(txn: &Txn<'_>, answers: &[Answer]) -> Result<Refused, Error> {
    let mut refused = Refused::new();
    loop {
        let known = refused.len();
        for answer in answers {
            if let Some((n, State::Waiting)) = outbox::find(txn.connection(), answer.command_id)?
                && is_no(txn, answer, &refused)?
            {
                refused.insert(answer.command_id, n);
            }
        }
        if refused.len() == known {
            return Ok(refused);
        }
    }
}

/// Whether an answer ends a command without effect: a rule's no, quarantine, or a wait for a command that will never come
/// (rejected, or lost with a damaged page). Somebody must look at each of them. One that was acknowledged will come: a server
/// that does not know it has lost its tail, and is offered it again as soon as that is noticed.
fn is_no(txn: &Txn<'_>, answer: &Answer, refused: &Refused) -> Result<bool, Error> {
    Ok(match answer.verdict {
        Verdict::Applied | Verdict::Merged | Verdict::Conflict { .. } => false,
        Verdict::Rejected { .. } | Verdict::Quarantined => true,
        Verdict::Deferred { on } if refused.contains_key(&on) => true,
        Verdict::Deferred { on } => {
            let here = outbox::find(txn.connection(), on)?;
            let comes = matches!(here, Some((_, State::Waiting | State::Answered)));
            !comes && !outbox::is_acknowledged(txn.connection(), on)?
        }
    })
}

/// Takes refused commands, which are undone, out of effect.
pub(crate) fn out_of_effect(txn: &mut Txn<'_>, answers: &[Answer], refused: &Refused) -> Result<(), Error> {
    for Answer { command_id, verdict, .. } in answers {
        if refused.contains_key(command_id) {
            let now = txn.now();
            outbox::set_state(txn.connection(), *command_id, State::Rejected, verdict, now)?;
            txn.tell();
        }
    }
    Ok(())
}

/// Marks the rows that a command had changed as moved, so that their "not yet on the server" goes from the screen.
pub(crate) fn note_marks(txn: &mut Txn<'_>, n: i64) -> Result<(), Error> {
    let rows: Vec<(TableName, uuid::Uuid)> = pending::rows_of(txn.connection(), n, true)?;
    for (table, id) in rows {
        txn.note_mark(table, id);
    }
    Ok(())
}

/// The number of an answered command that a checkpoint covers.
pub(crate) fn covered(txn: &Txn<'_>, id: CommandId) -> Result<Option<i64>, Error> {
    Ok(match outbox::find(txn.connection(), id)? {
        Some((n, State::Answered)) => Some(n),
        _ => None,
    })
}
