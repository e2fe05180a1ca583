//! A pull of changes: staged frames, taken in at the checkpoint.

use std::collections::BTreeSet;

use wattle_domain::TableName;
use wattle_protocol::pull::Frame;
use wattle_protocol::push::Answer;
use wattle_protocol::session::Cursors;

use crate::answers;
use crate::error::Error;
use crate::rebase::{self, Incoming};
use crate::tables::synced::FrameShape;
use crate::tables::{cursor, outbox};
use crate::txn::Txn;

/// How long acknowledged commands are kept, to be offered again when the server lost its tail.
const KEPT_MIN: i64 = 72 * 60;

/// Takes in a pull. Says whether it was complete.
pub(super) fn take_in(txn: &mut Txn<'_>, frames: Vec<Frame>) -> Result<bool, Error> {
    let mut incoming = Vec::new();
    let mut checkpoint = None;
    for frame in frames {
        match frame {
            Frame::Rows { table, columns, rows, .. } => {
                // A table of a newer version is no business of this one.
                let Ok(table) = table.parse::<TableName>() else { continue };
                let shape = FrameShape::new(table, &columns);
                for values in &rows {
                    let row = shape.row(values)?;
                    incoming.push(Incoming { table, id: row.id, row: Some(row) });
                }
            }
            Frame::Gone { table, ids, .. } => {
                let Ok(table) = table.parse::<TableName>() else { continue };
                incoming.extend(ids.into_iter().map(|id| Incoming { table, id, row: None }));
            }
            Frame::Checkpoint { cursors, answers, complete, .. } => {
                checkpoint = Some((cursors, answers, complete))
            }
            // Whole feeds are streamed and never come here.
            Frame::Page { .. } | Frame::Whole { .. } => {}
        }
    }
    let Some((cursors, answers, complete)) = checkpoint else { return Err(Error::Incomplete) };
    let mut settled = BTreeSet::new();
    for answer in &answers {
        settled.extend(answers::note(txn, answer)?);
        settled.extend(answers::covered(txn, answer.command_id)?);
    }
    for &n in &settled {
        answers::note_marks(txn, n)?;
    }
    rebase::rebase(txn, &incoming, &settled, |txn| settle(txn, &answers))?;
    set_cursors(txn, &cursors)?;
    Ok(complete)
}

/// Takes answered commands out of effect: the covered ones to the acknowledged, the rejected ones to *Needs attention*.
pub(super) fn settle(txn: &mut Txn<'_>, answers: &[Answer]) -> Result<(), Error> {
    let now = txn.now();
    answers::rejected_out_of_effect(txn, answers)?;
    for answer in answers {
        if answers::covered(txn, answer.command_id)?.is_some() {
            outbox::acknowledge(txn.connection(), answer.command_id, now)?;
            txn.tell();
        }
    }
    outbox::prune_acknowledged(txn.connection(), now.plus_minutes(-KEPT_MIN))
}

pub(super) fn set_cursors(txn: &Txn<'_>, cursors: &Cursors) -> Result<(), Error> {
    cursors.iter().try_for_each(|(&feed, &seq)| cursor::set(txn.connection(), feed, seq))
}
