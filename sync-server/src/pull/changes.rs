//! What the commits after a cursor point at, in its present state.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wattle_domain::{FeedClass, FeedSeq, TableName};
use wattle_protocol::session::FeedHead;

use super::Ended;
use super::producer::{Producer, database};
use crate::db::feed;

/// Commits looked at together.
const COMMITS: i64 = 500;
/// Pointers of a page, about; a commit is never cut.
const POINTERS: i64 = 2000;
/// Ids of one statement.
const IDS: usize = 1000;

impl Producer<'_> {
    /// Sends what the commits after a cursor point at, page by page; returns how far it came.
    pub(super) async fn after(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<FeedSeq, Ended> {
        let mut reached = cursor;
        while reached < head.head && !self.is_full() {
            let commits = feed::commits(self.connection, self.clinic, head.feed, reached, COMMITS)
                .await
                .map_err(database)?;
            let mut pointers = 0;
            let mut to = reached;
            for (seq, n) in commits {
                pointers += n;
                if pointers > POINTERS && to > reached {
                    break;
                }
                to = seq;
            }
            if to == reached {
                return Err(format!("feed {} has a hole", head.feed.as_str()));
            }
            self.pointed(head.feed, reached, to).await?;
            self.page(head.feed, to).await?;
            reached = to;
        }
        Ok(reached)
    }

    /// The present state of the rows that some commits point at.
    async fn pointed(&mut self, class: FeedClass, after: FeedSeq, to: FeedSeq) -> Result<(), Ended> {
        let found = feed::pointers(self.connection, self.clinic, class, after, to).await.map_err(database)?;
        let mut by_table: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
        for (table, id) in found {
            // A table that this version does not know is for newer nodes.
            if let Ok(table) = table.parse::<TableName>() {
                by_table.entry(table).or_default().insert(id);
            }
        }
        let mut gone: Vec<(TableName, BTreeSet<Uuid>)> = Vec::new();
        for (table, ids) in by_table {
            let missing = self.some_rows(table, ids).await?;
            if !missing.is_empty() {
                gone.push((table, missing));
            }
        }
        // Children before parents.
        for (table, ids) in gone.into_iter().rev() {
            self.gone(table, ids.into_iter().collect()).await?;
        }
        Ok(())
    }

    /// Streams rows by id; returns those that are not there or not to be seen.
    pub(super) async fn some_rows(
        &mut self,
        table: TableName,
        mut ids: BTreeSet<Uuid>,
    ) -> Result<BTreeSet<Uuid>, Ended> {
        let all: Vec<Uuid> = ids.iter().copied().collect();
        for some in all.chunks(IDS) {
            for id in self.rows(table, Some(some)).await? {
                ids.remove(&id);
            }
        }
        Ok(ids)
    }
}
