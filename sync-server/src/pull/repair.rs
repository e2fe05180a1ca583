//! Buckets that were found different: what is not as listed is sent, what is not there any more is gone.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wattle_domain::TableName;
use wattle_protocol::session::FeedHead;

use super::Ended;
use super::asked::Held;
use super::producer::Producer;

impl Producer<'_> {
    /// Sends the differences of some buckets. Of feeds that are not sent nothing is said: the file holds none of them.
    pub(super) async fn repair(
        &mut self,
        feeds: &[FeedHead],
        repairs: &BTreeMap<TableName, Held>,
    ) -> Result<(), Ended> {
        let mut gone: Vec<(TableName, Vec<Uuid>)> = Vec::new();
        for (table, held) in repairs {
            if !feeds.iter().any(|feed| feed.feed == table.table().class) {
                continue;
            }
            // One look at the table for all its buckets: it is seldom, an index on the last byte would cost every write.
            let buckets: Vec<u8> = held.buckets.iter().copied().collect();
            let mut other: BTreeSet<Uuid> = BTreeSet::new();
            let mut missing: BTreeSet<Uuid> = held.stamps.keys().copied().collect();
            self.stamps(*table, Some(&buckets), |stamp| {
                missing.remove(&stamp.id);
                if held.stamps.get(&stamp.id) != Some(&(stamp.rev, stamp.updated_at)) {
                    other.insert(stamp.id);
                }
            })
            .await?;
            self.some_rows(*table, other).await?;
            if !missing.is_empty() {
                gone.push((*table, missing.into_iter().collect()));
            }
        }
        // Children before parents.
        for (table, ids) in gone.into_iter().rev() {
            self.gone(table, ids).await?;
        }
        Ok(())
    }
}
