//! A pull of changes: staged frames, taken in at the checkpoint.

use std::collections::BTreeSet;

use wattle_domain::{FeedClass, TableName};
use wattle_protocol::pull::Frame;
use wattle_protocol::push::Answer;
use wattle_protocol::session::Cursors;

use super::Asked;
use crate::answers::{self, Refused};
use crate::error::Error;
use crate::mirror;
use crate::rebase::{self, Incoming};
use crate::tables::synced::FrameShape;
use crate::tables::{cursor, meta, outbox, repair};
use crate::txn::Txn;

/// How long acknowledged commands are kept, to be offered again when the server lost its tail.
const KEPT_MIN: i64 = 72 * 60;
/// How many are kept whatever the clock says: more than a busy desk makes in that time.
const KEPT_LEAST: i64 = 2_000;

/// Takes in a pull. Says whether it was complete.
pub(super) fn take_in(txn: &mut Txn<'_>, mut frames: Vec<Frame>, asked: &Asked) -> Result<bool, Error> {
    let Some(Frame::Checkpoint { cursors, answers, complete, .. }) =
        frames.pop_if(|frame| matches!(frame, Frame::Checkpoint { .. }))
    else {
        return Err(Error::Incomplete);
    };
    let mut incoming = incoming(frames)?;
    for feed in empty(&cursors, complete, asked) {
        for &table in TableName::ALL.iter().filter(|t| t.table().class == feed) {
            mirror::stamps(txn.connection(), table, None, |stamp| {
                incoming.push(Incoming { table, id: stamp.id, row: None });
            })?;
        }
    }
    let refused = answers::note(txn, &answers)?;
    let mut settled: BTreeSet<i64> = refused.values().copied().collect();
    for answer in &answers {
        settled.extend(answers::covered(txn, answer.command_id)?);
    }
    for &n in &settled {
        answers::note_marks(txn, n)?;
    }
    rebase::rebase(txn, &incoming, &settled, |txn| settle(txn, &answers, &refused))?;
    reach(txn, &cursors, complete, asked)?;
    offer_unknown(txn, &answers, complete, asked)?;
    Ok(complete)
}

/// Feeds in which nothing was ever written: a complete pull says so by a cursor of 0, and sends nothing. Rows that are here
/// all the same are of a history that has ended.
pub(super) fn empty(cursors: &Cursors, complete: bool, asked: &Asked) -> Vec<FeedClass> {
    let empty = cursors.iter().filter(|(feed, seq)| complete && seq.0 == 0 && asked.feeds.contains(feed));
    empty.map(|(&feed, _)| feed).collect()
}

/// An answered command that a complete checkpoint does not speak of is unknown to the server that made it: another one had
/// answered, whose history has ended. It is pushed again; it is still in effect here.
pub(super) fn offer_unknown(
    txn: &mut Txn<'_>,
    answers: &[Answer],
    complete: bool,
    asked: &Asked,
) -> Result<(), Error> {
    let known = |id| answers.iter().any(|answer| answer.command_id == id);
    for &id in asked.awaiting.iter().filter(|id| complete && !known(**id)) {
        if outbox::offer_one_again(txn.connection(), id)? {
            tracing::warn!(command = %id, "the server does not know a command that it had answered; it is pushed again");
            txn.tell();
        }
    }
    Ok(())
}

/// The rows that frames bring, in their order.
pub(crate) fn incoming(frames: Vec<Frame>) -> Result<Vec<Incoming>, Error> {
    let mut incoming = Vec::new();
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
            // Whole feeds are streamed and never come here.
            Frame::Page { .. } | Frame::Whole { .. } | Frame::Checkpoint { .. } => {}
        }
    }
    Ok(incoming)
}

/// Takes answered commands out of effect: the covered ones to the acknowledged, the rejected ones to *Needs attention*.
pub(super) fn settle(txn: &mut Txn<'_>, answers: &[Answer], refused: &Refused) -> Result<(), Error> {
    let now = txn.now();
    answers::out_of_effect(txn, answers, refused)?;
    for answer in answers {
        if answers::covered(txn, answer.command_id)?.is_some() {
            outbox::acknowledge(txn.connection(), answer.command_id, now)?;
            txn.tell();
        }
    }
    outbox::prune_acknowledged(txn.connection(), now.plus_minutes(-KEPT_MIN), KEPT_LEAST)
}

/// The file is where the checkpoint says; what was asked to be mended is, once nothing more follows.
pub(super) fn reach(txn: &Txn<'_>, cursors: &Cursors, complete: bool, asked: &Asked) -> Result<(), Error> {
    for (&feed, &seq) in cursors.iter().filter(|(feed, _)| asked.feeds.contains(feed)) {
        cursor::set(txn.connection(), feed, seq)?;
    }
    if !complete || asked.repair.is_empty() {
        return Ok(());
    }
    let mut mended = meta::number(txn.connection(), meta::DIGEST_MENDED)?.unwrap_or(0);
    for &(table, bucket) in &asked.repair {
        mended += i64::from(repair::forget(txn.connection(), table, bucket)?);
    }
    meta::set(txn.connection(), meta::DIGEST_MENDED, &mended.to_string())
}
