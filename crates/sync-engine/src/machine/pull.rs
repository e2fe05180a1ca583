//! Fetching what is new.

use wattle_domain::UtcInstant;
use wattle_protocol::live::Hint;

use super::contact::{Gate, Reach};
use super::{Facts, FaultKind, Instruction, Machine, PullWanted, Work};

/// What the pull lane is at.
#[derive(Clone, Debug)]
pub(super) enum Pulling {
    /// A pull, begun from this file.
    Pull { kind: PullWanted, from: Box<Facts> },
    /// A delta of live.
    Delta,
}

impl Machine {
    pub(super) fn plan_pull(&mut self) {
        if !self.may_change_rows() || self.out_of_reach() {
            return;
        }
        self.settle_deltas();
        let Some(kind) = self.pull_wanted() else { return };
        if matches!(kind, PullWanted::Reconcile { .. }) && self.late_answers() {
            return;
        }
        (self.pull_due, self.cover_due) = (false, false);
        self.hinted.clear();
        let from = Box::new(self.facts.clone());
        self.pulling = Some(Pulling::Pull { kind: kind.clone(), from });
        let (max_bytes, first) = (self.config.pull_max_bytes, !self.was_in_step);
        self.start(Work::Pull, Instruction::Pull { max_bytes, kind, first });
    }

    /// Whether rows may come into the file now.
    pub(super) fn may_change_rows(&self) -> bool {
        let let_in = self.gate == Gate::Open && self.welcome.is_some() && !self.pull_held;
        // What is fetched against cursors that are about to change would be thrown away, or worse, kept.
        let tidy = self.tidy.is_idle() && self.tidy_needed().is_none();
        let_in && tidy && self.pull.is_idle()
    }

    /// The pull that must go out now, if any. Rows that live brought come before a comparison.
    pub(super) fn pull_wanted(&self) -> Option<PullWanted> {
        if let Some(epoch) = self.reconcile_with() {
            return Some(PullWanted::Reconcile { epoch: epoch.to_owned() });
        }
        let above = |(feed, head): (&_, &_)| *head > self.facts.held(*feed);
        let fresh = self.pull_due || self.hinted.iter().any(above);
        let usual = || fresh.then_some(PullWanted::Usual);
        self.mend_wanted().or_else(usual).or_else(|| {
            let calm = self.reach == Reach::Reached && !self.push.is_running() && self.deltas.is_empty();
            (self.compares > 0 && calm).then_some(PullWanted::Digest)
        })
    }

    /// A hint at or below the cursor says nothing; several above it say what one says.
    pub(super) fn hint(&mut self, hint: Hint) {
        let Some(head) = self.heads.get_mut(&hint.feed) else {
            return; // not a feed of ours
        };
        *head = hint.head.max(*head);
        let hinted = self.hinted.entry(hint.feed).or_default();
        *hinted = hint.head.max(*hinted);
    }

    pub(super) fn pull_finished(&mut self, complete: bool, facts: Facts, now: UtcInstant) {
        self.facts = facts;
        self.succeeded(Work::Pull);
        // After a delta nothing more is known of the server than before.
        let Some(Pulling::Pull { kind, from }) = self.pulling.take() else { return };
        self.heard_from(Work::Pull, now);
        let moved = self.facts.cursors != from.cursors || self.facts.awaiting != from.awaiting;
        self.resnapshots = 0;
        if self.outgrew_welcome() {
            self.hello_due = true;
        }
        self.poll_ms = if moved {
            self.config.poll_min_ms
        } else {
            self.poll_ms.saturating_mul(2).min(self.config.poll_max_ms)
        };
        if !complete {
            self.pull_due = true;
            if !moved {
                // "There is more", and yet nothing came: never spin on it.
                self.back_off(Work::Pull, None);
            }
        }
        match kind {
            PullWanted::Usual => {}
            PullWanted::Repair => self.repaired(from.repairs, complete),
            PullWanted::Digest => self.compares = self.compares.saturating_sub(u32::from(complete)),
            PullWanted::Reconcile { epoch } => self.reconciled(&epoch),
        }
    }

    /// What was wanted is still wanted. What the server cannot do beside a pull waits, so that the next pull gets through.
    pub(super) fn pull_failed(&mut self, why: FaultKind) {
        self.pull_due = true;
        match self.pulling.take() {
            None | Some(Pulling::Pull { kind: PullWanted::Usual, .. }) => {}
            Some(Pulling::Delta) => self.forget_deltas(),
            Some(Pulling::Pull { kind: PullWanted::Repair, .. }) => self.repair_failed(),
            Some(Pulling::Pull { kind: PullWanted::Digest, .. }) => self.compares = 0,
            Some(Pulling::Pull { kind: PullWanted::Reconcile { .. }, .. }) => self.reconcile_failed(why),
        }
    }

    /// The server says that our cursors are out of line with it. The hello tells how; if it does not, start over.
    pub(super) fn out_of_line(&mut self) {
        self.resnapshots += 1;
        self.hello_due = true;
        self.pull_held = true;
        if self.resnapshots > 1 {
            self.forget_all();
        }
    }

    /// Whether the file holds everything that the server was heard to have, of every feed.
    pub(super) fn is_in_step(&self) -> bool {
        let here = |feed| self.facts.cursors.contains_key(feed);
        self.gate == Gate::Open
            && self.reach == Reach::Reached
            && !self.heads.is_empty()
            && self.heads.keys().all(here)
            && !self.behind()
    }

    pub(super) fn behind(&self) -> bool {
        self.heads.iter().any(|(feed, head)| *head > self.facts.held(*feed))
    }
}
