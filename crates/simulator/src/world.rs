//! The run itself: virtual time, what happens next, and everybody in it.

pub mod acts;
pub mod desks;
pub mod ends;
pub mod files;
pub mod wire;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use wattle_domain::Command;
use wattle_local_store::SigningKey;
use wattle_protocol::live::Delta;
use wattle_protocol::push::Answer;
use wattle_sync_engine::machine::{Event, Tidy, Timer, Work};

use crate::desk::{Desk, HandClock, SeededIds};
use crate::plan::{Plan, Weather};
use crate::random::Random;
use crate::server::database::Database;
use crate::server::history::Wrong;
use crate::server::{Server, start};
use crate::trace::Trace;
use wire::{Reply, Request};

/// When a run begins, on the server's clock: Monday 23 November 2026, 7 am in Sydney.
pub const BEGINS_MS: i64 = 1_795_377_600_000;
/// More events than any run should need.
const MOST_EVENTS: u64 = 400_000;

#[allow(missing_docs, reason = "each is told by its variant")]
/// Something that is going to happen.
#[derive(Debug)]
pub enum Happening {
    /// An act of the plan, by its place.
    Act(usize),
    /// The end of something that an act began.
    Undo(Undo),
    /// A desk is switched on; by whom.
    Start { desk: usize, person: usize },
    /// A desk is switched off.
    Stop { desk: usize, life: u64 },
    /// A timer of a machine.
    Timer { desk: usize, life: u64, timer: Timer, setting: u64 },
    /// A request reaches the server.
    Arrive { desk: usize, life: u64, work: Work, flight: u64, request: Arc<Request>, again: bool },
    /// An answer reaches a desk.
    Answer { desk: usize, life: u64, work: Work, flight: u64, reply: Reply },
    /// The rest of a pull.
    PullEnds { desk: usize, life: u64 },
    /// Work in a file.
    Local { desk: usize, life: u64, job: Job },
    /// An event for a machine.
    Tell { desk: usize, life: u64, event: Box<Event> },
    /// A word of live; `None`: it ended.
    Live { desk: usize, life: u64, stream: u64, word: Option<Box<Event>> },
    /// The server looks who is to be told.
    Publish,
    /// Somebody at last sends what they typed a while ago.
    Submit { desk: usize, life: u64, command: Box<Command> },
    /// Somebody types their password again.
    SignedIn { desk: usize, life: u64 },
    /// A step of an importer.
    Import { number: u64, left: u64, gap_ms: u64, commit: bool, seed: u64 },
}

#[allow(missing_docs, reason = "each is told by its variant")]
/// Ends of things.
#[derive(Clone, Copy, Debug)]
pub enum Undo {
    /// The server is back.
    ServerDown,
    /// A disk has room again.
    FullDisk { desk: usize },
}

/// Work in a file.
#[derive(Debug)]
pub enum Job {
    /// Write down answers.
    Record(Vec<Answer>),
    /// Bring it in line.
    Tidy(Tidy),
    /// Take in rows that live brought.
    TakeIn(Delta),
}

/// A run under way.
pub struct World {
    /// What is planned.
    pub plan: Plan,
    /// How bad it is outside now.
    pub weather: Weather,
    /// Virtual milliseconds since the beginning.
    pub now_ms: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    next: u64,
    /// The server.
    pub server: Server,
    /// It answers.
    pub server_up: bool,
    publishing: bool,
    /// Copies of its disk.
    pub saved: BTreeMap<u32, Database>,
    /// The workstations.
    pub desks: Vec<Desk>,
    /// Everybody's keys by person.
    pub keys: Vec<SigningKey>,
    /// What happened.
    pub trace: Trace,
    /// Where the files are.
    pub folder: PathBuf,
    /// Numbers of flights and streams.
    pub numbers: u64,
    /// What was found wrong first.
    pub wrong: Option<Wrong>,
    /// Everything is being mended.
    pub healing: bool,
    /// Every command that any store took, with who took it.
    pub born: BTreeSet<wattle_domain::CommandId>,
    /// The server lost something: digests may find differences.
    pub epoch_changed: bool,
    streams: BTreeMap<u64, (usize, u64, u64)>,
}

impl World {
    /// The beginning of a run. Files go into `folder`.
    #[must_use]
    pub fn new(plan: Plan, folder: PathBuf, keep_trace: bool) -> Self {
        let seed = plan.seed;
        let now = wattle_domain::UtcInstant(BEGINS_MS - 3_600_000);
        let mut server = start::server(plan.behaviour.clone(), &plan.clinics, now, Random::of(seed, &[2]));
        server.now = wattle_domain::UtcInstant(BEGINS_MS);
        let keys: Vec<SigningKey> = (0..plan.people.len()).map(|n| key(seed, n)).collect();
        let desks = plan.desks.iter().enumerate().map(|(n, desk)| Desk {
            clinic: desk.clinic,
            workstation: desk.workstation,
            people: desk.people.clone(),
            old_app: desk.old_app,
            pull_max_bytes: desk.pull_max_bytes,
            clock_off_ms: desk.clock_off_ms,
            clock: Arc::new(HandClock::default()),
            ids: Arc::new(SeededIds::new(Random::of(seed, &[3, n as u64]))),
            random: Random::of(seed, &[4, n as u64]),
            files: BTreeMap::new(),
            open: None,
            life: 0,
            cut_until_ms: 0,
            crash_armed: false,
            full_until_ms: 0,
            switched_on: false,
        });
        let mut world = Self {
            weather: plan.weather,
            now_ms: 0,
            queue: BTreeMap::new(),
            next: 0,
            server,
            server_up: true,
            publishing: false,
            saved: BTreeMap::new(),
            desks: desks.collect(),
            keys,
            trace: Trace::new(keep_trace),
            folder,
            numbers: 0,
            wrong: None,
            healing: false,
            born: BTreeSet::new(),
            epoch_changed: false,
            streams: BTreeMap::new(),
            plan,
        };
        for desk in 0..world.desks.len() {
            let person = world.desks[desk].people[0];
            let after = world.desks[desk].random.below(4_000);
            world.later(after, Happening::Start { desk, person });
        }
        for act in 0..world.plan.acts.len() {
            let at = world.plan.acts[act].at_ms;
            world.later(at, Happening::Act(act));
        }
        world
    }

    /// Something is going to happen after a while.
    pub fn later(&mut self, after_ms: u64, what: Happening) {
        self.next += 1;
        self.queue.insert((self.now_ms + after_ms, self.next), what);
    }

    /// A number that nothing else has.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Notes that something is wrong; the first counts.
    pub fn fail(&mut self, wrong: Wrong) {
        self.trace.note(self.now_ms, format_args!("WRONG {}: {}", wrong.check, wrong.what));
        self.wrong.get_or_insert(wrong);
    }

    /// Runs until a time, or until nothing is left to happen, or something is wrong.
    pub fn run_until(&mut self, until_ms: u64) {
        while self.wrong.is_none() {
            let Some(entry) = self.queue.first_entry() else { break };
            let at = entry.key().0;
            if at > until_ms {
                break;
            }
            let what = entry.remove();
            self.now_ms = at;
            self.server.now = wattle_domain::UtcInstant(BEGINS_MS + i64::try_from(at).unwrap_or(0));
            self.happen(what);
            if let Some(wrong) = self.server.wrong.first().cloned() {
                self.fail(wrong);
            }
            if self.trace.events() > MOST_EVENTS {
                self.fail(Wrong::new("a run ends", "too many events: something spins"));
            }
        }
        self.now_ms = self.now_ms.max(until_ms);
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Act(act) => self.act(act),
            Happening::Undo(undo) => self.undo(undo),
            Happening::Start { desk, person } => self.start(desk, person),
            Happening::Stop { desk, life } => {
                if self.desks[desk].life == life {
                    self.stop(desk);
                }
            }
            Happening::Timer { desk, life, timer, setting } => {
                if self.desks[desk].life != life {
                    return;
                }
                let Some(open) = &mut self.desks[desk].open else { return };
                if open.timers.get(&timer) == Some(&setting) {
                    open.timers.remove(&timer);
                    self.tell(desk, Event::TimerFired(timer));
                }
            }
            Happening::Arrive { desk, life, work, flight, request, again } => {
                self.arrive(desk, life, work, flight, &request, again);
            }
            Happening::Answer { desk, life, work, flight, reply } => {
                if self.desks[desk].life == life {
                    self.answered(desk, work, flight, reply);
                }
            }
            Happening::PullEnds { desk, life } => {
                if self.desks[desk].life == life {
                    self.pull_ends(desk);
                }
            }
            Happening::Local { desk, life, job } => {
                if self.desks[desk].life == life {
                    self.job(desk, job);
                }
            }
            Happening::Tell { desk, life, event } => {
                if self.desks[desk].life == life {
                    self.tell(desk, *event);
                }
            }
            Happening::Live { desk, life, stream, word } => {
                if self.desks[desk].life == life {
                    self.heard(desk, stream, word.map(|event| *event));
                }
            }
            Happening::Publish => self.publish(),
            Happening::Submit { desk, life, command } => {
                if self.desks[desk].life == life {
                    self.submit(desk, *command);
                }
            }
            Happening::SignedIn { desk, life } => {
                if self.desks[desk].life == life {
                    self.signed_in(desk);
                }
            }
            Happening::Import { number, left, gap_ms, commit, seed } => {
                self.import(number, left, gap_ms, commit, seed);
            }
        }
    }
}

/// Somebody's key, the same for the same seed.
fn key(seed: u64, person: usize) -> SigningKey {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    let mut random = Random::of(seed, &[5, person as u64]);
    let secret = [random.bytes(), random.bytes()].concat();
    let pair = Ed25519KeyPair::from_seed_unchecked(&secret).expect("32 bytes");
    let mut document =
        vec![0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    document.extend_from_slice(&secret);
    document.extend_from_slice(&[0x81, 0x21, 0x00]);
    document.extend_from_slice(pair.public_key().as_ref());
    SigningKey::from_pkcs8(&document).expect("a key")
}
