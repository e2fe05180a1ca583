//! Sending the outbox.

use wattle_domain::UtcInstant;
use wattle_protocol::push::{Answer, Verdict};

use super::{Facts, Instruction, Machine, Work};

impl Machine {
    pub(super) fn push_answered(&mut self, sent: usize, answers: Vec<Answer>, twin: bool, now: UtcInstant) {
        self.heard_from(Work::Push, now);
        self.twin |= twin;
        self.push_progress = answers.iter().any(|a| !matches!(a.verdict, Verdict::Deferred { .. }));
        if answers.is_empty() && sent > 0 {
            self.back_off(Work::Push, None);
        } else {
            // The lane stays taken until the answers are in the file. When nothing was to be sent, the file says what waits.
            self.out.push(Instruction::RecordAnswers(answers));
        }
    }

    pub(super) fn answers_recorded(&mut self, facts: Facts) {
        self.facts = facts;
        self.push_waits = !self.push_progress && self.facts.outbox_len > 0;
        if self.push_waits {
            // All of them wait for others; asking again at once would spin.
            self.back_off(Work::Push, None);
        } else {
            self.succeeded(Work::Push);
        }
        if self.push_progress {
            self.push_limit = (self.push_limit * 2).min(self.config.push_max_commands.max(1));
        }
        if !self.facts.awaiting.is_empty() {
            // So that a checkpoint covers them and they leave the outbox for good.
            let at_once = !self.live_open || self.is_draining();
            self.cover_due |= !at_once;
            self.pull_due |= at_once;
        }
    }

    pub(super) fn outbox_changed(&mut self, facts: Facts) {
        let newer = facts.last_n > self.facts.last_n || facts.outbox_len > self.facts.outbox_len;
        self.facts = facts;
        if newer {
            self.poll_ms = self.config.poll_min_ms;
            if self.push_waits {
                // What waits for other commands must not hold up those that do not.
                self.hurry(Work::Push);
            }
        }
    }

    /// The server would not take a batch: try half, at once, until it is a single command. True: there is less to try.
    pub(super) fn push_less(&mut self) -> bool {
        let half = self.push_limit / 2;
        if half == 0 {
            return false;
        }
        self.push_limit = half;
        true
    }
}
