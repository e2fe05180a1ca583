//! A server, a file and a wire, small enough to shuffle: plays the driver's part for the machine.

use std::collections::BTreeMap;

use uuid::Uuid;
use wattle_domain::{CommandId, FeedClass, FeedSeq, Role, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::live::{Delta, Hint};
use wattle_protocol::push::{Answer, Verdict};
use wattle_protocol::session::{FeedHead, Welcome, WorkstationState};

use crate::machine::{
    Config, Event, Facts, Fault, FaultKind, Instruction, Machine, PullWanted, Tidy, Timer, Work,
};

/// Work that the machine has started and that is not answered yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Flight {
    Session,
    Refresh,
    Push(usize),
    Record(Vec<Answer>),
    Pull(PullWanted),
    TakeIn(Delta),
    LiveOpening,
    Tidy(Tidy),
}

impl Flight {
    pub fn work(&self) -> Work {
        match self {
            Self::Session => Work::Session,
            Self::Refresh => Work::Refresh,
            Self::Push(_) | Self::Record(_) => Work::Push,
            Self::Pull(_) | Self::TakeIn(_) => Work::Pull,
            Self::LiveOpening => Work::Live,
            Self::Tidy(_) => Work::Tidy,
        }
    }
}

/// The world around one machine.
pub struct World {
    pub machine: Machine,
    pub now_ms: i64,
    pub flights: Vec<Flight>,
    pub timers: BTreeMap<Timer, i64>,
    pub live: bool,
    pub close_asked: bool,
    pub reports: usize,
    /// Everything the machine asked for, in order.
    pub log: Vec<Instruction>,
    // The file.
    pub facts: Facts,
    pub outbox: Vec<CommandId>,
    /// Buckets that differ from the server's and that nobody has noticed yet.
    pub unnoticed: u64,
    /// Answered commands that are offered again after a loss of the server's.
    pub acknowledged: Vec<CommandId>,
    /// How often the file was given another number for its commands.
    pub replicas: usize,
    next_command: u128,
    // The server.
    pub epoch: u32,
    /// The heads of granted feeds.
    pub heads: BTreeMap<FeedClass, u64>,
    /// Where feeds stood when their grant was taken away; heads never go back within an epoch.
    revoked: BTreeMap<FeedClass, u64>,
    pub state: WorkstationState,
    pub min_app_version: String,
    pub roles: Vec<Role>,
    pub last_n: u64,
    /// Access tokens given out so far, and whether the last is still good.
    pub token_good: bool,
    pub refresh_good: bool,
    /// Verdicts it has given, so that a push that is sent again is a duplicate.
    pub decided: Vec<CommandId>,
    /// Commands at the server that a pull may cover.
    pub accepted_total: usize,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let heads = BTreeMap::from([(FeedClass::Ref, 3), (FeedClass::Front, 5)]);
        Self {
            machine: Machine::new(Config::new("1.0.0", seed)),
            now_ms: 1_000_000,
            flights: Vec::new(),
            timers: BTreeMap::new(),
            live: false,
            close_asked: false,
            reports: 0,
            log: Vec::new(),
            facts: Facts::default(),
            outbox: Vec::new(),
            unnoticed: 0,
            acknowledged: Vec::new(),
            replicas: 0,
            next_command: 1,
            epoch: 1,
            heads,
            revoked: BTreeMap::new(),
            state: WorkstationState::Ok,
            min_app_version: "0.1.0".into(),
            roles: Vec::new(),
            last_n: 0,
            token_good: true,
            refresh_good: true,
            decided: Vec::new(),
            accepted_total: 0,
        }
    }

    /// A world whose machine is connected, in step and idle.
    pub fn online(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.start();
        world.settle();
        assert!(world.machine.is_idle_online(), "a good world settles: {:?}", world.machine);
        world.log.clear();
        world
    }

    pub fn start(&mut self) {
        self.give(Event::Started(self.facts()));
    }

    pub fn facts(&self) -> Facts {
        Facts { outbox_len: self.outbox.len() as u64, ..self.facts.clone() }
    }

    /// Gives an event, takes the instructions in, and checks what must always hold.
    pub fn give(&mut self, event: Event) {
        let shown = format!("{event:?}");
        let instructions = self.machine.handle(event, UtcInstant(self.now_ms));
        for instruction in &instructions {
            self.carry_out(instruction);
        }
        self.log.extend(instructions);
        self.check(&shown);
    }

    fn carry_out(&mut self, instruction: &Instruction) {
        let flight = match instruction {
            Instruction::OpenSession => Flight::Session,
            Instruction::Refresh => Flight::Refresh,
            Instruction::Push { max_commands, .. } => Flight::Push(*max_commands),
            Instruction::RecordAnswers(answers) => Flight::Record(answers.clone()),
            Instruction::Pull { kind, .. } => Flight::Pull(kind.clone()),
            Instruction::TakeIn(delta) => Flight::TakeIn(delta.clone()),
            Instruction::OpenLive => {
                assert!(!self.live, "live is open already");
                Flight::LiveOpening
            }
            Instruction::CloseLive => {
                self.close_asked = true;
                return;
            }
            Instruction::Tidy(tidy) => Flight::Tidy(tidy.clone()),
            Instruction::SetTimer { timer, after_ms } => {
                self.timers.insert(*timer, self.now_ms + i64::try_from(*after_ms).unwrap());
                return;
            }
            Instruction::ClearTimer(timer) => {
                self.timers.remove(timer);
                return;
            }
            Instruction::ProfileChanged => return,
            Instruction::Report(_) => {
                self.reports += 1;
                return;
            }
        };
        assert!(
            self.flights.iter().all(|f| f.work() != flight.work()),
            "{flight:?} while {:?} is in flight",
            self.flights
        );
        let touches = |flight: &Flight| matches!(flight.work(), Work::Pull | Work::Tidy);
        assert!(
            !touches(&flight) || !self.flights.iter().any(touches),
            "two at once at the rows of the file: {flight:?} and {:?}",
            self.flights
        );
        if let Flight::TakeIn(delta) = &flight {
            assert_eq!(self.facts.cursors.get(&delta.feed), Some(&delta.from), "rows where they do not fit");
            assert_eq!(self.facts.epoch, delta.epoch, "rows of another history");
        }
        self.flights.push(flight);
    }

    fn check(&self, after: &str) {
        // A comparison hours from now does not count as being at work.
        let busy = !self.flights.is_empty() || self.timers.keys().any(|timer| *timer != Timer::Digest);
        assert!(
            busy || self.machine.is_idle_online(),
            "stuck after {after}: nothing in flight, no timer, not idle: {:?}",
            self.machine
        );
    }

    pub fn submit(&mut self) {
        let id = CommandId(Uuid::from_u128(self.next_command));
        self.next_command += 1;
        self.facts.last_n += 1;
        self.outbox.push(id);
        self.give(Event::OutboxChanged(self.facts()));
    }

    pub fn revoke(&mut self, feed: FeedClass) {
        if let Some(head) = self.heads.remove(&feed) {
            self.revoked.insert(feed, head);
        }
    }

    pub fn grant(&mut self, feed: FeedClass) {
        let head = self.revoked.remove(&feed).unwrap_or(2);
        self.heads.entry(feed).or_insert(head);
    }

    /// Somebody else commits; live tells, if it is open and `heard`.
    pub fn commit(&mut self, feed: FeedClass, heard: bool) {
        let Some(head) = self.heads.get_mut(&feed) else { return };
        *head += 1;
        let head = FeedSeq(*head);
        if self.live && heard {
            self.give(Event::Hinted(Hint { feed, head }));
        }
    }

    /// Somebody else commits; live brings the rows, if it is open.
    pub fn commit_rows(&mut self, feed: FeedClass) {
        let Some(head) = self.heads.get(&feed) else { return };
        let delta = self.rows(feed, *head, head + 1);
        self.commit(feed, false);
        if self.live {
            self.give(Event::Delta(delta));
        }
    }

    pub fn rows(&self, feed: FeedClass, from: u64, to: u64) -> Delta {
        let epoch = self.epoch.to_string();
        Delta { epoch, feed, from: FeedSeq(from), to: FeedSeq(to), frames: Vec::new() }
    }

    /// The server is set back by so many commits and loses what it had decided last.
    pub fn set_back(&mut self, by: u64, other_epoch: bool) {
        self.epoch += u32::from(other_epoch);
        for head in self.heads.values_mut() {
            *head = head.saturating_sub(by).max(1);
        }
        if by > 0 {
            self.decided.clear();
        }
    }

    pub fn take(&mut self, work: Work) -> Flight {
        let at = self.flights.iter().position(|f| f.work() == work);
        let at = at.unwrap_or_else(|| panic!("no {work:?} in flight: {:?}", self.flights));
        self.flights.remove(at)
    }

    pub fn fail(&mut self, work: Work, kind: FaultKind) {
        self.fail_with(work, Fault::new(kind));
    }

    pub fn fail_with(&mut self, work: Work, fault: Fault) {
        self.take(work);
        if work == Work::Live {
            self.close_asked = false;
        }
        self.give(Event::Failed { work, fault });
    }

    pub fn code(&mut self, work: Work, code: ErrorCode) {
        self.fail(work, FaultKind::Code(code));
    }

    pub fn has(&self, work: Work) -> bool {
        self.flights.iter().any(|f| f.work() == work)
    }

    pub fn welcome(&self) -> Welcome {
        let feeds = self.heads.iter().map(|(feed, head)| FeedHead {
            feed: *feed,
            head: FeedSeq(*head),
            horizon: FeedSeq(0),
        });
        let feeds: Vec<_> = feeds.collect();
        let removed = self.facts.cursors.keys().copied().filter(|f| !self.heads.contains_key(f)).collect();
        Welcome {
            epoch: self.epoch.to_string(),
            server_time: UtcInstant(self.now_ms),
            feeds,
            removed,
            workstation: self.state,
            offline_lease_until: UtcInstant(self.now_ms + 1_000_000),
            min_app_version: self.min_app_version.clone(),
            roles: self.roles.clone(),
            last_n: self.last_n,
            workstation_names: Default::default(),
        }
    }

    /// The server answers this work as it should.
    pub fn answer(&mut self, work: Work) {
        let flight = self.take(work);
        let local =
            matches!(flight, Flight::Tidy(_) | Flight::Record(_) | Flight::TakeIn(_) | Flight::Refresh);
        if !local && !self.token_good {
            return self
                .give(Event::Failed { work, fault: Fault::new(FaultKind::Code(ErrorCode::SignInAgain)) });
        }
        match flight {
            Flight::Session => self.give(Event::SessionAnswered(self.welcome())),
            Flight::Refresh if self.refresh_good => {
                self.token_good = true;
                self.give(Event::Refreshed);
            }
            Flight::Refresh => {
                let fault = Fault::new(FaultKind::Code(ErrorCode::SignInAgain));
                self.give(Event::Failed { work, fault });
            }
            Flight::Push(max) => self.answer_push(max),
            Flight::Record(answers) => {
                for answer in answers {
                    if let Some(at) = self.outbox.iter().position(|id| *id == answer.command_id) {
                        self.outbox.remove(at);
                        if !matches!(answer.verdict, Verdict::Rejected { .. }) {
                            self.acknowledged.push(answer.command_id);
                            self.facts.awaiting.push(answer.command_id);
                        }
                    }
                }
                self.give(Event::AnswersRecorded(self.facts()));
            }
            Flight::Pull(kind) => self.answer_pull(&kind),
            Flight::TakeIn(delta) => {
                self.facts.cursors.insert(delta.feed, delta.to);
                self.give(Event::PullFinished { complete: true, facts: self.facts() });
            }
            Flight::LiveOpening => {
                self.live = true;
                self.give(Event::LiveOpened);
            }
            Flight::Tidy(tidy) => {
                match tidy {
                    Tidy::RemoveFeeds(feeds) => self.facts.cursors.retain(|f, _| !feeds.contains(f)),
                    Tidy::ForgetCursors(feeds) => {
                        for feed in feeds {
                            self.facts.cursors.insert(feed, FeedSeq(0));
                        }
                    }
                    Tidy::AdoptEpoch(epoch) => {
                        self.facts.epoch = epoch;
                        self.offer_again();
                    }
                    Tidy::RenewReplica => self.replicas += 1,
                    Tidy::SkipToNumber(n) => self.facts.last_n = n,
                }
                self.give(Event::Tidied(self.facts()));
            }
        }
    }

    fn answer_push(&mut self, max: usize) {
        let batch: Vec<CommandId> = self.outbox.iter().copied().take(max).collect();
        let answers: Vec<Answer> = batch
            .iter()
            .map(|id| Answer {
                command_id: *id,
                verdict: Verdict::Applied,
                duplicate: self.decided.contains(id),
            })
            .collect();
        for answer in answers.iter().filter(|a| !a.duplicate) {
            self.decided.push(answer.command_id);
            self.accepted_total += 1;
            if let Some(head) = self.heads.get_mut(&FeedClass::Front) {
                *head += 1;
            }
        }
        self.give(Event::PushAnswered { sent: batch.len(), answers, twin: false });
    }

    fn offer_again(&mut self) {
        self.facts.awaiting.clear();
        self.outbox.append(&mut self.acknowledged);
    }

    fn answer_pull(&mut self, kind: &PullWanted) {
        let granted = self.facts.cursors.keys().all(|feed| self.heads.contains_key(feed));
        let epoch = self.epoch.to_string();
        let ahead =
            self.heads.iter().any(|(feed, head)| self.facts.cursors.get(feed) > Some(&FeedSeq(*head)));
        let fits = match kind {
            PullWanted::Reconcile { epoch: with } => *with == epoch,
            _ => self.facts.epoch == epoch && !ahead,
        };
        if !fits || !granted {
            return self.give(Event::Failed {
                work: Work::Pull,
                fault: Fault::new(FaultKind::Code(ErrorCode::Resnapshot)),
            });
        }
        match kind {
            PullWanted::Usual => {}
            PullWanted::Repair => self.facts.repairs = self.facts.repairs.saturating_sub(16),
            PullWanted::Digest => self.facts.repairs += std::mem::take(&mut self.unnoticed),
            PullWanted::Reconcile { .. } => {
                self.facts.epoch = epoch;
                self.facts.repairs += std::mem::take(&mut self.unnoticed);
                self.offer_again();
            }
        }
        let may_hold = |feed: &FeedClass| self.facts.feeds.is_empty() || self.facts.feeds.contains(feed);
        let heads = self.heads.iter().filter(|(feed, _)| may_hold(feed));
        self.facts.cursors = heads.map(|(feed, head)| (*feed, FeedSeq(*head))).collect();
        // A command that the server knows nothing of is never covered.
        self.facts.awaiting.retain(|id| !self.decided.contains(id));
        self.give(Event::PullFinished { complete: true, facts: self.facts() });
    }

    pub fn drop_live(&mut self) {
        if std::mem::take(&mut self.live) {
            self.close_asked = false;
            self.give(Event::LiveClosed);
        }
    }

    /// The process dies and starts again on the same file.
    pub fn restart(&mut self) {
        self.machine = Machine::new(Config::new("1.0.0", self.now_ms.unsigned_abs()));
        self.flights.clear();
        self.timers.clear();
        (self.live, self.close_asked) = (false, false);
        self.start();
    }

    /// Live tells every head, as a server does when it looks anew.
    pub fn hint_all(&mut self) {
        for (feed, head) in self.heads.clone() {
            if self.live {
                self.give(Event::Hinted(Hint { feed, head: FeedSeq(head) }));
            }
        }
    }

    pub fn fire(&mut self, timer: Timer) {
        let due = self.timers.remove(&timer).unwrap_or_else(|| panic!("{timer:?} is not set"));
        self.now_ms = self.now_ms.max(due);
        self.give(Event::TimerFired(timer));
    }

    fn next_timer(&self) -> Option<Timer> {
        self.timers.iter().min_by_key(|(_, due)| **due).map(|(timer, _)| *timer)
    }

    /// Lets everything succeed until nothing is left to do (or panics: it never ends).
    pub fn settle(&mut self) {
        for _ in 0..2_000 {
            if self.close_asked && self.live {
                self.drop_live();
            } else if let Some(flight) = self.flights.first() {
                self.answer(flight.work());
            } else if self.machine.is_idle_online() {
                return;
            } else if let Some(timer) = self.next_timer() {
                self.fire(timer);
            } else {
                break;
            }
        }
        panic!("does not settle: {:?}", self.machine);
    }

    /// How often the machine asked for something.
    pub fn asked(&self, wanted: impl Fn(&Instruction) -> bool) -> usize {
        self.log.iter().filter(|i| wanted(i)).count()
    }
}
