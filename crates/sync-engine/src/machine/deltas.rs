//! Rows that live brings: taken into the file one after the other, as long as each begins where the file is.

use wattle_domain::{FeedSeq, UtcInstant};
use wattle_protocol::live::Delta;

use super::{Instruction, Machine, Work};

/// Deltas that wait for the file; one pull fetches more than that sooner.
const WAITING: usize = 32;
/// Commands under way from which on the outbox is being drained: an outage is over.
const DRAIN: u64 = 32;

impl Machine {
    /// Keeps a delta for the file, or learns from it what a hint would have said.
    pub(super) fn delta(&mut self, delta: Delta, now: UtcInstant) {
        self.last_contact_at = Some(now);
        let Some(head) = self.heads.get_mut(&delta.feed) else {
            return; // not a feed of ours
        };
        if delta.epoch != self.facts.epoch {
            // Its numbers mean something else; a pull is told what.
            self.pull_due = true;
            return;
        }
        *head = delta.to.max(*head);
        if delta.to <= self.facts.held(delta.feed) {
            return;
        }
        if self.deltas.len() < WAITING && !self.is_draining() {
            self.deltas.push_back(delta);
        } else {
            self.hinted.insert(delta.feed, delta.to);
            self.forget_deltas();
        }
    }

    /// While much is being sent, the rows of our own commands come back faster than the file takes them one delta at a time, and
    /// each would undo and run again all that still waits. A pull brings many of them at once, together with their answers.
    pub(super) fn is_draining(&self) -> bool {
        let awaiting = u64::try_from(self.facts.awaiting.len()).unwrap_or(u64::MAX);
        self.facts.outbox_len.saturating_add(awaiting) > DRAIN
    }

    /// Drops what the file has. A gap before the rest is a pull's to fill.
    pub(super) fn settle_deltas(&mut self) {
        while let Some(delta) = self.deltas.front() {
            let held = self.facts.held(delta.feed);
            if delta.epoch == self.facts.epoch && delta.to > held {
                // A feed that is not here yet is sent whole, and never begun with its latest rows.
                if delta.from != held || held == FeedSeq(0) {
                    self.forget_deltas();
                }
                return;
            }
            self.deltas.pop_front();
        }
    }

    /// Needs no token, so that new ones that do not come hold up no rows.
    pub(super) fn plan_take_in(&mut self) {
        if !self.may_change_rows() {
            return;
        }
        self.settle_deltas();
        if self.pull_wanted().is_none()
            && let Some(delta) = self.deltas.pop_front()
        {
            self.pulling = Some(super::Pulling::Delta);
            self.start(Work::Pull, Instruction::TakeIn(delta));
        }
    }

    pub(super) fn delta_missed(&mut self) {
        self.pulling = None;
        self.pull.succeed();
        self.pull_due = true;
        self.forget_deltas();
    }

    /// From now on they are hints, which a pull answers.
    pub(super) fn forget_deltas(&mut self) {
        for delta in std::mem::take(&mut self.deltas) {
            let hint = self.hinted.entry(delta.feed).or_default();
            *hint = delta.to.max(*hint);
        }
    }
}
