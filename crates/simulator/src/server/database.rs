//! What is on the server's disk. Cheap to copy: rows are shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;
use wattle_domain::{
    ClinicId, CommandId, FeedClass, FeedSeq, ReplicaId, Role, Row, TableName, UserId, WorkstationId,
};
use wattle_protocol::push::Verdict;
use wattle_protocol::session::{Cursors, FeedHead};

/// A row's place.
pub type Key = (TableName, Uuid);

/// Everything.
#[derive(Clone, Debug)]
pub struct Database {
    /// Drawn once.
    pub id: Uuid,
    /// Raised by a promotion.
    pub timeline: u32,
    /// Raised after a backup was restored.
    pub restores: u32,
    /// Apps older than this must update first.
    pub min_app_version: String,
    /// The clinics.
    pub clinics: Vec<ClinicData>,
}

/// One clinic.
#[derive(Clone, Debug)]
pub struct ClinicData {
    /// Its id.
    pub id: ClinicId,
    /// Its rows.
    pub rows: BTreeMap<Key, Arc<Row>>,
    /// Its feeds.
    pub feeds: BTreeMap<FeedClass, Feed>,
    /// Commands with their verdict.
    pub log: BTreeMap<CommandId, Entry>,
    /// Commands by their number.
    pub numbers: BTreeMap<(WorkstationId, Option<ReplicaId>, u64), CommandId>,
    /// Commands kept whole.
    pub quarantine: BTreeSet<CommandId>,
    /// How often the server failed over a command.
    pub faults: BTreeMap<CommandId, u32>,
    /// How often a command was written to rows.
    pub applied: BTreeMap<CommandId, u32>,
    /// Who may do what.
    pub roles: BTreeMap<UserId, Vec<Role>>,
    /// Public keys by author and workstation.
    pub keys: BTreeMap<(UserId, WorkstationId), Vec<u8>>,
    /// Where files said that they are.
    pub cursors: BTreeMap<(WorkstationId, Option<ReplicaId>), Cursors>,
    /// The next record number.
    pub next_record: u64,
    /// Entries of the audit log so far.
    pub audited: u64,
}

/// A command that was decided.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Of the payload.
    pub payload_hash: Vec<u8>,
    /// What was said of it.
    pub verdict: Verdict,
}

/// The commit log of one feed.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// The last commit that can be seen.
    pub head: u64,
    /// The last number that was drawn: above `head` only in a mutant.
    pub drawn: u64,
    /// Commits at or below are forgotten.
    pub horizon: u64,
    /// The commits above the horizon.
    pub commits: BTreeMap<u64, Commit>,
}

/// One commit in a feed.
#[derive(Clone, Debug)]
pub struct Commit {
    /// When.
    pub at_ms: i64,
    /// The rows it touched.
    pub pointers: Vec<Key>,
}

impl Database {
    /// (database identity, timeline, restore count) as one word.
    #[must_use]
    pub fn epoch(&self) -> String {
        format!("{}.{}.{}", self.id.simple(), self.timeline, self.restores)
    }

    /// A clinic by its place.
    ///
    /// # Panics
    /// When there is none: a fault of the simulator.
    #[must_use]
    pub fn clinic(&self, clinic: usize) -> &ClinicData {
        &self.clinics[clinic]
    }

    /// As [`Database::clinic`], to change it.
    ///
    /// # Panics
    /// When there is none: a fault of the simulator.
    pub fn clinic_mut(&mut self, clinic: usize) -> &mut ClinicData {
        &mut self.clinics[clinic]
    }
}

impl ClinicData {
    /// The heads of some feeds.
    #[must_use]
    pub fn heads(&self, classes: &[FeedClass]) -> Vec<FeedHead> {
        classes
            .iter()
            .map(|&feed| {
                let (head, horizon) = self.feeds.get(&feed).map_or((0, 0), |f| (f.head, f.horizon));
                FeedHead { feed, head: FeedSeq(head), horizon: FeedSeq(horizon) }
            })
            .collect()
    }

    /// The rows of a table, in the order of their ids.
    pub fn of(&self, table: TableName) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.range((table, Uuid::nil())..=(table, Uuid::max())).map(|(_, row)| row)
    }
}
