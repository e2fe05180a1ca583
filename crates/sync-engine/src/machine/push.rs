//! Sending the outbox.

use wattle_domain::UtcInstant;
use wattle_protocol::push::{Answer, Verdict};

use super::{Facts, Instruction, Machine, Work};

impl Machine {
    pub(super) fn push_answered(&mut self, sent: usize, answers: Vec<Answer>, now: UtcInstant) {
        self.heard_from(Work::Push, now);
        self.push_progress = answers.iter().any(|a| !matches!(a.verdict, Verdict::Deferred { .. }));
        if !answers.is_empty() {
            // The lane stays taken until the answers are in the file.
            self.out.push(Instruction::RecordAnswers(answers));
        } else if sent == 0 {
            self.facts.outbox_len = 0;
            self.push.succeed();
        } else {
            self.back_off(Work::Push, None);
        }
    }

    pub(super) fn answers_recorded(&mut self, facts: Facts) {
        self.facts = facts;
        if self.push_progress {
            self.push.succeed();
            self.push_limit = (self.push_limit * 2).min(self.config.push_max_commands.max(1));
        } else {
            // All of them wait for others; asking again at once would spin.
            self.back_off(Work::Push, None);
        }
        if !self.facts.awaiting.is_empty() {
            // So that a checkpoint covers them and they leave the outbox for good.
            self.pull_due = true;
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
