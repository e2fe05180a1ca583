//! Fetching what is new.

use wattle_domain::UtcInstant;
use wattle_protocol::live::Hint;

use super::session::held;
use super::{Facts, Machine, Work};

impl Machine {
    /// A hint at or below the cursor says nothing; several above it say what one says.
    pub(super) fn hint(&mut self, hint: Hint) {
        let Some(head) = self.heads.get_mut(&hint.feed) else {
            return; // not a feed of ours
        };
        *head = hint.head.max(*head);
        self.hinted = true; // which counts while the head is above the cursor
    }

    pub(super) fn pull_finished(&mut self, complete: bool, facts: Facts, now: UtcInstant) {
        self.heard_from(Work::Pull, now);
        let moved = facts.cursors != self.facts.cursors || facts.awaiting != self.facts.awaiting;
        self.facts = facts;
        self.pull.succeed();
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

    pub(super) fn pull_wanted(&self) -> bool {
        self.pull_due || self.hinted && self.behind()
    }

    pub(super) fn behind(&self) -> bool {
        self.heads.iter().any(|(feed, head)| *head > held(&self.facts, *feed))
    }
}
