//! A workstation: the real sync machine over real encrypted files, and the people in front of it.

pub mod clinician;
pub mod file;
pub mod inbox;
pub mod look;
pub mod person;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use wattle_domain::time::Clock;
use wattle_domain::{CommandId, FeedClass, Role, TableName, UtcInstant, WorkstationId};
use wattle_local_store::{Ids, Store, SyncFacts};
use wattle_protocol::session::Cursors;
use wattle_sync_engine::machine::{Facts, Machine, Timer, Work};

use crate::random::Random;
use look::Look;

/// A clock that is set by the run.
#[derive(Debug, Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Sets it.
    pub fn set(&self, at: i64) {
        self.0.store(at, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UtcInstant {
        UtcInstant(self.0.load(Ordering::Relaxed))
    }
}

/// Chance for a store, out of the run's seed.
#[derive(Debug)]
pub struct SeededIds(Mutex<Random>);

impl SeededIds {
    /// A stream of its own.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self(Mutex::new(random))
    }
}

impl Ids for SeededIds {
    fn random(&self) -> [u8; 16] {
        self.0.lock().expect("nobody panics with it").bytes()
    }
}

/// A workstation.
pub struct Desk {
    /// In which clinic.
    pub clinic: usize,
    /// Its id; a cloned disk has the id of the one that it was copied from.
    pub workstation: WorkstationId,
    /// Who signs in there.
    pub people: Vec<usize>,
    /// It runs the app before this one.
    pub old_app: bool,
    /// Bytes after which its pulls stop.
    pub pull_max_bytes: u64,
    /// How far its clock is off.
    pub clock_off_ms: i64,
    /// Its clock.
    pub clock: Arc<HandClock>,
    /// Its chance.
    pub ids: Arc<SeededIds>,
    /// The chance of what happens to it.
    pub random: Random,
    /// Its files by profile.
    pub files: BTreeMap<String, File>,
    /// What is open.
    pub open: Option<Open>,
    /// One more with every start: what was on its way to an earlier one is lost.
    pub life: u64,
    /// No network until then.
    pub cut_until_ms: u64,
    /// The power goes at the next write.
    pub crash_armed: bool,
    /// The disk is full until then.
    pub full_until_ms: u64,
    /// Works.
    pub switched_on: bool,
}

/// One profile's file.
#[derive(Clone, Debug)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Commands of which somebody was told "saved".
    pub saved: BTreeSet<CommandId>,
    /// Words that stand in its own commands, which it may keep.
    pub own_words: BTreeSet<String>,
    /// What the server last said that it may hold.
    pub granted: BTreeSet<FeedClass>,
    /// Where it was last.
    pub epoch: String,
    /// And at which cursors.
    pub cursors: Cursors,
    /// Buckets that were damaged.
    pub damaged: BTreeSet<(TableName, u8)>,
    /// A digest may find a difference in it.
    pub excused: bool,
    /// Who used it last.
    pub last_person: usize,
}

/// A pull that is coming in.
pub struct Coming {
    /// The question.
    pub asked: wattle_protocol::pull::Pull,
    /// What has come.
    pub pull: wattle_local_store::Pull,
    /// What is still to come.
    pub frames: Vec<wattle_protocol::pull::Frame>,
    /// It was not cut.
    pub whole: bool,
    /// What the file must have afterwards.
    pub rows: Option<crate::world::wire::Rows>,
}

/// A file in use.
pub struct Open {
    /// What is coming in; it holds the store too, so it goes first.
    pub coming: Option<Coming>,
    /// Who is signed in.
    pub person: usize,
    /// Their roles, as far as they are known here.
    pub roles: Vec<Role>,
    /// Which file.
    pub profile: String,
    /// Closed before the store, so that the store is the last and empties the log.
    pub look: Look,
    /// The file.
    pub store: Store,
    /// The machine.
    pub machine: Machine,
    /// Its timers, and which setting of each counts.
    pub timers: BTreeMap<Timer, u64>,
    /// Its requests under way.
    pub flights: BTreeMap<Work, u64>,
    /// Its live stream.
    pub stream: Option<u64>,
    /// The access token ends then.
    pub token_until_ms: u64,
    /// The refresh token is of no more use.
    pub token_spent: bool,
    /// Somebody has been asked to sign in again.
    pub asked_to_sign_in: bool,
}

/// The machine's view of what a store says.
#[must_use]
pub fn facts(store: &Store, facts: SyncFacts) -> Facts {
    Facts {
        epoch: facts.epoch,
        cursors: facts.cursors,
        outbox_len: facts.outbox_len,
        oldest_waiting_at: facts.oldest_waiting_at,
        last_n: facts.last_n,
        awaiting: facts.awaiting,
        attention: facts.attention,
        repairs: facts.repairs,
        feeds: store.identity().feeds(),
    }
}
