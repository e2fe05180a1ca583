//! The engine as a pure state machine: events in, instructions out.
//!
//! Owns: every decision about when to talk to the server.
//! Must never: do I/O, read a clock, draw a random number (jitter comes from [`Config::seed`]).
//! Called by: the driver, and the simulator in place of it.
//!
//! Each kind of work is a lane of its own: session, refresh, push, pull, live, tidy. A lane has at most one piece of work
//! in flight and backs off alone, so a failed push never holds up a pull, nor the other way round. After each event
//! [`Machine::handle`] first takes it in, then [plans](plan) from the whole state what may start now. So there is no event
//! that must come for work to go on: while the machine is not [idle and online](Machine::is_idle_online) something is in
//! flight or a timer is set.

mod config;
mod contact;
mod event;
mod facts;
mod faults;
mod instruction;
mod jitter;
mod lane;
mod plan;
mod pull;
mod push;
mod report;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use wattle_domain::{FeedClass, UtcInstant};
use wattle_protocol::ipc::session::SyncState;
use wattle_protocol::session::{Cursors, Welcome};

pub use config::Config;
pub use event::{Event, Fault, FaultKind, Work};
pub use facts::Facts;
pub use instruction::{Instruction, Tidy, Timer};

use contact::{Gate, Reach, Tokens};
use jitter::Jitter;
use lane::Lane;

/// The state machine.
#[derive(Clone, Debug)]
pub struct Machine {
    config: Config,
    jitter: Jitter,
    out: Vec<Instruction>,
    armed: BTreeSet<Timer>,
    started: bool,
    stopped: bool,

    facts: Facts,
    /// What the server said last.
    welcome: Option<Welcome>,
    /// The cursors as they were when the last hello went out (or older).
    hello_cursors: Cursors,
    gate: Gate,
    reach: Reach,
    tokens: Tokens,
    last_contact_at: Option<UtcInstant>,
    clock_skew_ms: Option<i64>,

    session: Lane,
    refresh: Lane,
    push: Lane,
    pull: Lane,
    live: Lane,
    tidy: Lane,

    /// A hello is wanted.
    hello_due: bool,
    /// New tokens are wanted.
    refresh_due: bool,
    /// The next hello may go out although the gate is closed.
    probing: bool,
    live_open: bool,

    /// A pull is wanted whatever the cursors say.
    pull_due: bool,
    /// A hint came; a pull is wanted if it is above the cursor.
    hinted: bool,
    /// No pull before the next welcome: the server said that ours is out of line with it.
    pull_held: bool,
    /// Pulls refused as out of line since the last that was not.
    resnapshots: u32,
    /// The last commit of each granted feed that we heard of.
    heads: Cursors,
    poll_ms: u64,

    /// How many commands the next push may have.
    push_limit: usize,
    /// The push whose answers are being recorded brought a final verdict.
    push_progress: bool,

    /// Feeds that we told the server of and that it did not grant.
    removed: BTreeSet<FeedClass>,
    /// Feeds whose cursors must be forgotten, beside those that follow from the welcome.
    forget: BTreeSet<FeedClass>,
    tidying: Option<Tidy>,
    reported: Option<SyncState>,
}

impl Machine {
    /// A machine that waits for [`Event::Started`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            jitter: Jitter::new(config.seed),
            poll_ms: config.poll_min_ms,
            push_limit: config.push_max_commands.max(1),
            config,
            out: Vec::new(),
            armed: BTreeSet::new(),
            started: false,
            stopped: false,
            facts: Facts::default(),
            welcome: None,
            hello_cursors: Cursors::new(),
            gate: Gate::Open,
            reach: Reach::Unknown,
            tokens: Tokens::default(),
            last_contact_at: None,
            clock_skew_ms: None,
            session: Lane::default(),
            refresh: Lane::default(),
            push: Lane::default(),
            pull: Lane::default(),
            live: Lane::default(),
            tidy: Lane::default(),
            hello_due: false,
            refresh_due: false,
            probing: false,
            live_open: false,
            pull_due: false,
            hinted: false,
            pull_held: false,
            resnapshots: 0,
            heads: Cursors::new(),
            push_progress: false,
            removed: BTreeSet::new(),
            forget: BTreeSet::new(),
            tidying: None,
            reported: None,
        }
    }

    /// Takes an event in and says what to do about it. `now` is shown to people and orders nothing.
    pub fn handle(&mut self, event: Event, now: UtcInstant) -> Vec<Instruction> {
        if !self.stopped {
            self.take(event, now);
            self.plan();
            self.report();
        }
        std::mem::take(&mut self.out)
    }

    /// The file as the machine knows it.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the server said last.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// Connected, listening, nothing to send, nothing to fetch.
    #[must_use]
    pub fn is_idle_online(&self) -> bool {
        let lanes = [self.session, self.refresh, self.push, self.pull, self.tidy];
        self.gate == Gate::Open
            && self.reach == Reach::Reached
            && self.live_open
            && lanes.into_iter().all(Lane::is_idle)
            && !self.hello_due
            && !self.refresh_due
            && !self.pull_due
            && !self.behind()
            && self.facts.outbox_len == 0
            && self.facts.awaiting.is_empty()
    }

    fn take(&mut self, event: Event, now: UtcInstant) {
        match event {
            Event::Started(facts) => {
                self.facts = facts;
                self.started = true;
                self.hello_due = true;
            }
            Event::OutboxChanged(facts) => {
                if facts.outbox_len > self.facts.outbox_len {
                    self.poll_ms = self.config.poll_min_ms;
                }
                self.facts = facts;
            }
            Event::SessionAnswered(welcome) => self.welcomed(welcome, now),
            Event::PushAnswered { sent, answers } => self.push_answered(sent, answers, now),
            Event::AnswersRecorded(facts) => self.answers_recorded(facts),
            Event::PullFinished { complete, facts } => self.pull_finished(complete, facts, now),
            Event::Tidied(facts) => self.tidied(facts),
            Event::Refreshed => self.refreshed(now),
            Event::SignedIn => self.signed_in(),
            Event::LiveOpened => {
                self.live.attempt = 0;
                self.heard_from(Work::Live, now);
                self.live_open = true;
                // What moved between the session's heads and the first hint.
                self.pull_due = true;
            }
            Event::Hinted(hint) => {
                self.last_contact_at = Some(now);
                self.hint(hint);
            }
            Event::Heard => self.last_contact_at = Some(now),
            Event::LiveClosed => self.live_closed(),
            Event::Failed { work, fault } => self.failed(work, fault, now),
            Event::TimerFired(timer) => self.timer_fired(timer),
            Event::Wake => self.wake(),
            Event::Stop => self.stop(),
        }
    }

    fn timer_fired(&mut self, timer: Timer) {
        // A timer that was cleared while it fired means nothing any more.
        if !self.armed.remove(&timer) {
            return;
        }
        match timer {
            Timer::Retry(work) => self.lane(work).free(),
            Timer::Poll => self.pull_due = true,
            Timer::Recheck => self.hello_due = true,
            Timer::Probe => {
                self.hello_due = true;
                self.probing = true;
            }
        }
    }

    fn stop(&mut self) {
        if self.live.is_running() {
            self.out.push(Instruction::CloseLive);
        }
        for timer in std::mem::take(&mut self.armed) {
            self.out.push(Instruction::ClearTimer(timer));
        }
        self.stopped = true;
    }

    fn lane(&mut self, work: Work) -> &mut Lane {
        match work {
            Work::Session => &mut self.session,
            Work::Refresh => &mut self.refresh,
            Work::Push => &mut self.push,
            Work::Pull => &mut self.pull,
            Work::Live => &mut self.live,
            Work::Tidy => &mut self.tidy,
        }
    }

    fn arm(&mut self, timer: Timer, after_ms: u64) {
        self.armed.insert(timer);
        self.out.push(Instruction::SetTimer { timer, after_ms });
    }

    fn disarm(&mut self, timer: Timer) {
        if self.armed.remove(&timer) {
            self.out.push(Instruction::ClearTimer(timer));
        }
    }
}
