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
mod deltas;
mod event;
mod facts;
mod faults;
mod instruction;
mod jitter;
mod lane;
mod mend;
mod plan;
mod pull;
mod push;
mod report;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wattle_domain::{FeedClass, UtcInstant};
use wattle_protocol::ipc::session::SyncState;
use wattle_protocol::live::Delta;
use wattle_protocol::session::{Cursors, Welcome};

pub use config::Config;
pub use event::{Event, Fault, FaultKind, Work};
pub use facts::Facts;
pub use instruction::{Instruction, PullWanted, Tidy, Timer};

use contact::{Gate, Reach, Tokens};
use jitter::Jitter;
use lane::Lane;
use pull::Pulling;
use report::Trouble;

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
    /// The epoch that they belong to.
    hello_epoch: String,
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
    /// Answers wait for a checkpoint; a moment's grace is given to what live brings.
    cover_due: bool,
    /// Heads that came without their rows since the last pull began; one is wanted if any is above its cursor.
    hinted: Cursors,
    /// Rows that live brought and that wait for the file, in their order.
    deltas: VecDeque<Delta>,
    /// What the pull lane is at.
    pulling: Option<Pulling>,
    /// No pull before the next welcome: the server said that ours is out of line with it.
    pull_held: bool,
    /// Pulls refused as out of line since the last that was not.
    resnapshots: u32,
    /// The last commit of each granted feed that we heard of.
    heads: Cursors,
    poll_ms: u64,
    /// The file was in step with the server at some time since [`Event::Started`].
    was_in_step: bool,

    /// The server has other commits than we under the same numbers, though it says that it is the same.
    rewound: bool,
    /// Counts the histories that the server has shown; the push in flight went out under the second.
    history: u32,
    push_history: u32,
    /// Reconciliations that the server refused in a row.
    reconciles_failed: u32,
    /// Repairs that did not mend anything in a row.
    repairs_failed: u32,
    /// Comparisons that are due.
    compares: u32,

    /// How many commands the next push may have.
    push_limit: usize,
    /// The push whose answers are being recorded brought a final verdict.
    push_progress: bool,
    /// The push lane waits because all that could be sent waits for other commands.
    push_waits: bool,
    /// Another copy of this file is at work.
    twin: bool,

    /// Feeds that we told the server of and that it did not grant.
    removed: BTreeSet<FeedClass>,
    /// Feeds whose cursors must be forgotten, beside those that follow from the welcome.
    forget: BTreeSet<FeedClass>,
    tidying: Option<Tidy>,
    /// It was said that the person's roles grant other feeds.
    profile_told: bool,
    /// Kinds of work that are failing.
    troubles: BTreeMap<Work, Trouble>,
    /// When a lane that waits tries again, or the door is tried.
    next_tries: BTreeMap<Timer, UtcInstant>,
    now: UtcInstant,
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
            hello_epoch: String::new(),
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
            cover_due: false,
            hinted: Cursors::new(),
            deltas: VecDeque::new(),
            pulling: None,
            pull_held: false,
            resnapshots: 0,
            heads: Cursors::new(),
            was_in_step: false,
            rewound: false,
            history: 0,
            push_history: 0,
            reconciles_failed: 0,
            repairs_failed: 0,
            compares: 0,
            push_progress: false,
            push_waits: false,
            twin: false,
            removed: BTreeSet::new(),
            forget: BTreeSet::new(),
            tidying: None,
            profile_told: false,
            troubles: BTreeMap::new(),
            next_tries: BTreeMap::new(),
            now: UtcInstant(0),
            reported: None,
        }
    }

    /// Takes an event in and says what to do about it. `now` is shown to people and orders nothing.
    pub fn handle(&mut self, event: Event, now: UtcInstant) -> Vec<Instruction> {
        if !self.stopped {
            self.now = now;
            self.take(event, now);
            self.was_in_step |= self.is_in_step();
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

    /// Connected, listening, nothing to send, nothing to fetch, nothing to mend or compare.
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
            && self.compares == 0
            && self.facts.repairs == 0
            && self.reconcile_with().is_none()
            && self.tidy_needed().is_none()
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
            Event::OutboxChanged(facts) => self.outbox_changed(facts),
            Event::SessionAnswered(welcome) => self.welcomed(welcome, now),
            Event::PushAnswered { sent, answers, twin } => self.push_answered(sent, answers, twin, now),
            Event::AnswersRecorded(facts) => self.answers_recorded(facts),
            Event::PullFinished { complete, facts } => self.pull_finished(complete, facts, now),
            Event::DeltaMissed => self.delta_missed(),
            Event::Tidied(facts) => self.tidied(facts),
            Event::Refreshed => self.refreshed(now),
            Event::SignedIn => self.signed_in(),
            Event::LiveOpened => {
                self.live.attempt = 0;
                self.troubles.remove(&Work::Live);
                self.heard_from(Work::Live, now);
                self.live_open = true;
                // What moved between the session's heads and the first hint.
                self.pull_due = true;
            }
            Event::Hinted(hint) => {
                self.last_contact_at = Some(now);
                self.hint(hint);
            }
            Event::Delta(delta) => self.delta(delta, now),
            Event::Heard => self.last_contact_at = Some(now),
            Event::LiveClosed => self.live_closed(),
            Event::Failed { work, fault } => self.failed(work, fault, now),
            Event::TimerFired(timer) => self.timer_fired(timer),
            Event::Wake => self.wake(),
            Event::CheckNow => self.check_now(),
            Event::Stop => self.stop(),
        }
    }

    fn timer_fired(&mut self, timer: Timer) {
        // A timer that was cleared while it fired means nothing any more.
        if !self.armed.remove(&timer) {
            return;
        }
        self.next_tries.remove(&timer);
        match timer {
            Timer::Retry(work) => self.lane(work).free(),
            // The lane may be taken already; that they are not armed any more is enough.
            Timer::Repair => {}
            Timer::Digest => self.compares = self.compares.max(1),
            Timer::Poll | Timer::Cover => self.pull_due = true,
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

    /// The work of a lane went well.
    fn succeeded(&mut self, work: Work) {
        self.lane(work).succeed();
        self.troubles.remove(&work);
    }

    fn arm(&mut self, timer: Timer, after_ms: u64) {
        self.armed.insert(timer);
        let after = i64::try_from(after_ms).unwrap_or(i64::MAX);
        self.next_tries.insert(timer, UtcInstant(self.now.0.saturating_add(after)));
        self.out.push(Instruction::SetTimer { timer, after_ms });
    }

    fn disarm(&mut self, timer: Timer) {
        if self.armed.remove(&timer) {
            self.next_tries.remove(&timer);
            self.out.push(Instruction::ClearTimer(timer));
        }
    }
}
