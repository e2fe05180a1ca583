//! From the whole state: what may start now, and which timers must run.

use super::contact::Gate;
use super::{Instruction, Machine, Tidy, Timer, Work};

impl Machine {
    pub(super) fn plan(&mut self) {
        if !self.started || self.stopped {
            return;
        }
        self.plan_refresh();
        // While tokens are known to be bad, nothing goes out that would carry them.
        if self.refresh.is_idle() && !self.refresh_due {
            self.unblock();
            self.plan_session();
            self.plan_push();
            self.plan_pull();
            self.plan_live();
        }
        self.plan_take_in();
        self.plan_tidy();
        self.plan_timers();
    }

    pub(super) fn start(&mut self, work: Work, instruction: Instruction) {
        let generation = self.tokens.generation;
        self.lane(work).start(generation);
        self.out.push(instruction);
    }

    fn plan_refresh(&mut self) {
        if self.refresh_due && self.refresh.is_idle() {
            self.refresh_due = false;
            self.start(Work::Refresh, Instruction::Refresh);
        }
    }

    fn plan_session(&mut self) {
        if self.hello_due && self.session.is_idle() && (self.gate == Gate::Open || self.probing) {
            self.hello_due = false;
            self.hello_cursors = self.facts.cursors.clone();
            self.hello_epoch = self.facts.epoch.clone();
            self.start(Work::Session, Instruction::OpenSession);
        }
    }

    fn plan_push(&mut self) {
        let let_in = match self.gate {
            Gate::Open => self.welcome.is_some(),
            Gate::Upgrade => true,
            Gate::SignInAgain | Gate::Suspended => false,
        };
        if let_in && self.facts.outbox_len > 0 && self.push.is_idle() {
            let (max_commands, max_bytes) = (self.push_limit, self.config.push_max_bytes);
            self.push_history = self.history;
            self.start(Work::Push, Instruction::Push { max_commands, max_bytes });
        }
    }

    fn plan_live(&mut self) {
        let greeted = self.welcome.is_some() && !self.hello_due && self.session.is_idle();
        if self.gate == Gate::Open && greeted && self.live.is_idle() {
            self.start(Work::Live, Instruction::OpenLive);
        }
    }

    fn plan_tidy(&mut self) {
        if !self.tidy.is_idle() || self.pull.is_running() {
            return;
        }
        if let Some(tidy) = self.tidy_needed() {
            if matches!(tidy, Tidy::AdoptEpoch(_)) && self.late_answers() {
                return;
            }
            self.tidying = Some(tidy.clone());
            self.start(Work::Tidy, Instruction::Tidy(tidy));
        }
    }

    fn plan_timers(&mut self) {
        // Live tells what moves; without it, or with answers that no checkpoint has covered, somebody must ask.
        let unwatched = !self.live_open || !self.facts.awaiting.is_empty() || self.behind();
        let let_in = self.gate == Gate::Open && self.welcome.is_some() && !self.out_of_reach();
        let may_poll = let_in && self.pull.is_idle();
        let poll = self.poll_ms;
        self.keep(Timer::Poll, may_poll && unwatched && self.pull_wanted().is_none(), poll, poll / 4);
        // Whatever live brings meanwhile must not put it off for ever.
        self.keep(Timer::Cover, self.cover_due && !self.pull_due, self.config.cover_ms, 0);

        let settled = self.gate == Gate::Open && self.session.is_idle() && !self.hello_due;
        let recheck = self.config.recheck_ms;
        self.keep(Timer::Recheck, settled && self.live_open, recheck, recheck / 5);

        if self.facts.repairs == 0 {
            self.repairs_failed = 0;
            self.disarm(Timer::Repair);
        }
        // Spread over the day: a table at a time costs neither side much.
        let compare = self.config.digest_ms / u64::from(self.compare_steps());
        self.keep(Timer::Digest, self.compares == 0, compare - compare / 4, compare / 2);

        let closed = self.gate != Gate::Open && self.session.is_idle() && !self.probing;
        let probe = self.config.probe_ms;
        self.keep(Timer::Probe, closed, probe, probe / 5);
    }

    /// Sets a timer that is wanted and not set, at `least_ms` and up to `spread_ms` more; clears one that is not wanted.
    fn keep(&mut self, timer: Timer, wanted: bool, least_ms: u64, spread_ms: u64) {
        if !wanted {
            self.disarm(timer);
        } else if !self.armed.contains(&timer) {
            let after_ms = least_ms + self.jitter.up_to(spread_ms);
            self.arm(timer, after_ms);
        }
    }
}
