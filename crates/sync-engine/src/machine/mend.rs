//! A file that is not as the server is: finding it, and mending it without removing anything.

use wattle_domain::TableName;
use wattle_protocol::ErrorCode;

use super::session::welcome_ok;
use super::{FaultKind, Machine, PullWanted, Timer};

/// A reconciliation that the server refused so often in a row gives way to fetching everything again.
const RECONCILES: u32 = 8;

impl Machine {
    /// The epoch to reconcile with, when the cursors are of another history.
    pub(super) fn reconcile_with(&self) -> Option<&str> {
        let welcome = welcome_ok(self.welcome.as_ref())?;
        let other = self.facts.epoch != welcome.epoch;
        ((other || self.rewound) && self.facts.holds_any()).then_some(welcome.epoch.as_str())
    }

    /// Answers of the history before may still be on their way into the file. Recorded after it has gone over to the new
    /// one, they would count as given by a server that knows nothing of them; recorded before, they are offered again.
    pub(super) fn late_answers(&self) -> bool {
        self.push.is_running() && self.push_history != self.history
    }

    /// The file was compared and brought in line with another history.
    pub(super) fn reconciled(&mut self, epoch: &str) {
        self.reconciles_failed = 0;
        self.rewound = false;
        // What was heard of heads before was of the other history.
        for (feed, head) in &mut self.heads {
            *head = self.facts.held(*feed);
        }
        // It brought no rows.
        self.pull_due = true;
        if self.facts.epoch != epoch {
            // A file that says "done" and did not: never spin on it.
            self.back_off(super::Work::Pull, None);
        }
    }

    /// A reconciliation failed and will be tried again. A server that will not do it at all strands nobody.
    pub(super) fn reconcile_failed(&mut self, why: FaultKind) {
        use ErrorCode as Code;
        let refused = match why {
            FaultKind::Unreachable | FaultKind::Store => false,
            FaultKind::Code(Code::RateLimited | Code::Unavailable | Code::UpgradeRequired) => false,
            FaultKind::Code(Code::NotAllowed | Code::NotEnrolled) => false,
            FaultKind::Garbled | FaultKind::Code(_) => true,
        };
        self.reconciles_failed += u32::from(refused);
        if self.reconciles_failed >= RECONCILES {
            self.reconciles_failed = 0;
            self.rewound = false;
            self.forget_all();
        }
    }

    /// Asked buckets were answered, if the pull was complete.
    pub(super) fn repaired(&mut self, before: u64, complete: bool) {
        if complete && self.facts.repairs >= before {
            self.repair_failed();
        } else {
            self.repairs_failed = 0;
        }
    }

    /// Mending waits, longer each time; what is new goes on coming without it.
    pub(super) fn repair_failed(&mut self) {
        let doubled = self.repairs_failed.min(20);
        self.repairs_failed += 1;
        let most = self.config.backoff_base_ms.saturating_mul(2 << doubled).min(self.config.recheck_ms);
        let after_ms = most / 2 + self.jitter.up_to(most / 2);
        self.arm(Timer::Repair, after_ms);
    }

    /// What is to be mended or compared, beside what is new.
    pub(super) fn mend_wanted(&self) -> Option<PullWanted> {
        (self.facts.repairs > 0 && !self.armed.contains(&Timer::Repair)).then_some(PullWanted::Repair)
    }

    /// Steps of a round of comparisons: for each table its stamps, and a sample of its contents.
    pub(super) fn compare_steps(&self) -> u32 {
        let tables = TableName::ALL.iter().filter(|t| self.facts.may_hold(t.table().class)).count();
        u32::try_from(tables * 2).unwrap_or(1).max(1)
    }

    /// A person wants to know: everything is compared, and what differs mended, as soon as may be.
    pub(super) fn check_now(&mut self) {
        self.compares = self.compare_steps();
        self.disarm(Timer::Repair);
    }
}
