//! Forgetting old commits.

use std::collections::BTreeSet;

use wattle_domain::FeedSeq;
use wattle_sync_rules::compaction::horizon;

use super::Server;
use super::database::Key;

impl Server {
    /// Raises the horizons over commits older than `keep_ms`, and forgets superseded pointers. `but_for_nobody`: files that
    /// have not come by count for nothing (they were taken out of service, and then come back all the same).
    pub fn compact(&mut self, keep_ms: i64, but_for_nobody: bool) {
        let now = self.now.0;
        for data in &mut self.database.clinics {
            for (class, feed) in &mut data.feeds {
                let old =
                    feed.commits.iter().take_while(|(_, c)| c.at_ms < now - keep_ms).map(|(seq, _)| *seq);
                let old_enough = old.last().unwrap_or(feed.horizon);
                let slowest = data.cursors.values().map(|held| held.get(class).copied().unwrap_or_default());
                let slowest = if but_for_nobody { None } else { slowest.min() };
                feed.horizon = horizon(FeedSeq(old_enough), slowest, FeedSeq(feed.horizon)).0;
                feed.commits = feed.commits.split_off(&(feed.horizon + 1));
                let mut later: BTreeSet<Key> = BTreeSet::new();
                for commit in feed.commits.values_mut().rev() {
                    commit.pointers.retain(|key| later.insert(*key));
                }
            }
        }
    }
}
