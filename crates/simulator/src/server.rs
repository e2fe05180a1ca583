//! A model of the server: plain maps, one transaction after another, the same rules as the real one.
//!
//! Owns: what PostgreSQL and `sync-server` own in a real clinic: rows, commit log, verdicts, grants, live streams.
//! Must never: decide by itself (`wattle_domain::decide` and `wattle_sync_rules` do), or know what a workstation holds.
//! Called by: the world, with what arrives over the wire.

pub mod apply;
pub mod compaction;
pub mod database;
pub mod frames;
pub mod history;
pub mod import;
pub mod live;
pub mod one;
pub mod pull;
pub mod session;
pub mod start;
pub mod transaction;

use std::collections::BTreeSet;

use wattle_domain::{CommandId, FeedClass, Role, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ErrorCode;

use crate::mutant::Mutant;
use crate::random::Random;
use database::Database;
use history::Wrong;

/// Who speaks to the server.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Which clinic.
    pub clinic: usize,
    /// Who is signed in.
    pub user: UserId,
    /// Where.
    pub workstation: WorkstationId,
}

/// The server says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with nothing but a code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, retry_after_ms: None }
    }
}

/// How this server behaves.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The mutant, if it is one.
    pub mutant: Option<Mutant>,
    /// Rows in a frame, at most.
    pub frame_rows: usize,
    /// Pointers of a page, about.
    pub page_pointers: usize,
    /// More changes than this: all rows are less.
    pub changes_before_whole: usize,
    /// Rows in a live delta, at most.
    pub delta_rows: usize,
    /// Commands of one transaction, at most.
    pub commands_per_transaction: usize,
    /// So many of a thousand commands make the server fail each time.
    pub poison: u64,
    /// So many of a thousand pushes make the server fail once.
    pub hiccups: u64,
    /// So many of a thousand commits leave out one pointer.
    pub lost_pointers: u64,
}

/// The server.
#[derive(Debug)]
pub struct Server {
    /// What is on its disk.
    pub database: Database,
    /// Transactions of importers that have not committed.
    pub imports: Vec<import::Import>,
    /// Live streams.
    pub listeners: Vec<live::Listener>,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// Its clock.
    pub now: UtcInstant,
    /// Its chance: ids of audit entries, faults.
    pub random: Random,
    /// Commands over which it fails, as decided at their first sight.
    pub poisoned: BTreeSet<CommandId>,
    /// Commits that left out a pointer: digests must find them.
    pub pointers_lost: u64,
    /// What was found wrong so far.
    pub wrong: Vec<Wrong>,
}

impl Server {
    /// The roles of somebody now.
    #[must_use]
    pub fn roles(&self, clinic: usize, user: UserId) -> Vec<Role> {
        self.database.clinic(clinic).roles.get(&user).cloned().unwrap_or_default()
    }

    /// The feeds that somebody may hold now.
    #[must_use]
    pub fn granted(&self, clinic: usize, user: UserId) -> Vec<FeedClass> {
        wattle_domain::role::classes(&self.roles(clinic, user))
    }

    /// Whether this is that mutant.
    #[must_use]
    pub fn is(&self, mutant: Mutant) -> bool {
        self.behaviour.mutant == Some(mutant)
    }
}
