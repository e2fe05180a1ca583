//! What a pull asks for, checked as far as the request alone says.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wattle_domain::{FeedClass, Rev, TableName, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::Pull;
use wattle_protocol::session::FeedHead;
use wattle_sync_rules::digest::{Key, bucket_of};

use crate::error::ApiError;

/// More than a workstation can have in its outbox within an offline lease.
const MOST_AWAITED: usize = 20_000;
/// Buckets that one pull may mend.
const MOST_BUCKETS: usize = 16;

/// What the digests are made with.
pub(super) struct Digests {
    pub key: Key,
    /// `None`: every table.
    pub tables: Option<BTreeSet<TableName>>,
    pub content_of: Option<u8>,
}

/// What a file holds of some buckets of a table.
#[derive(Default)]
pub(super) struct Held {
    pub buckets: BTreeSet<u8>,
    pub stamps: BTreeMap<Uuid, (Rev, UtcInstant)>,
}

/// A request that makes sense by itself.
pub(super) struct Asked {
    pub pull: Pull,
    pub digests: Option<Digests>,
    /// In the order of tables: parents come before children.
    pub repairs: BTreeMap<TableName, Held>,
}

impl Asked {
    /// # Errors
    /// `malformed`.
    pub fn read(pull: Pull) -> Result<Self, ApiError> {
        let malformed = |cause: &str| ApiError::because(ErrorCode::Malformed, cause);
        if pull.awaiting.len() > MOST_AWAITED {
            return Err(malformed("awaiting too many"));
        }
        if pull.repair.len() > MOST_BUCKETS {
            return Err(malformed("mends too many buckets"));
        }
        let digests = match &pull.digest {
            None => None,
            Some(ask) => {
                // A table that this version does not know is a newer app's; it gets no digest of it.
                let known = ask.tables.iter().filter_map(|table| table.parse().ok()).collect();
                Some(Digests {
                    key: Key::read(&ask.key).map_err(|_| malformed("a digest key of another shape"))?,
                    tables: (!ask.tables.is_empty()).then_some(known),
                    content_of: ask.content_of,
                })
            }
        };
        let mut repairs: BTreeMap<TableName, Held> = BTreeMap::new();
        for repair in &pull.repair {
            let table = repair.table.parse().map_err(|_| malformed("mends an unknown table"))?;
            let held = repairs.entry(table).or_default();
            held.buckets.insert(repair.bucket);
            for stamp in &repair.held {
                if bucket_of(stamp.id) != repair.bucket {
                    return Err(malformed("a row in another bucket than its own"));
                }
                held.stamps.insert(stamp.id, (stamp.rev, stamp.updated_at));
            }
        }
        Ok(Self { pull, digests, repairs })
    }

    /// The feeds to send: those that are granted, of those that the file may hold.
    ///
    /// # Errors
    /// `resnapshot` for cursors that make no sense here.
    pub fn feeds(&self, granted: Vec<FeedHead>) -> Result<Vec<FeedHead>, ApiError> {
        let resnapshot = |cause: &str| ApiError::because(ErrorCode::Resnapshot, cause);
        let feeds = wanted(&granted, self.pull.feeds.as_deref());
        if self.pull.reconcile {
            // Of another epoch: they count for nothing.
            return Ok(feeds);
        }
        for (held, cursor) in &self.pull.cursors {
            let head = granted.iter().find(|head| head.feed == *held);
            let Some(head) = head else { return Err(resnapshot("a feed that is not granted")) };
            let sent = feeds.iter().any(|feed| feed.feed == *held);
            if sent && *cursor > head.head {
                return Err(resnapshot("a cursor ahead of the server"));
            }
        }
        Ok(feeds)
    }
}

/// The granted feeds that a file may hold; `None`: it may hold all.
pub(crate) fn wanted(granted: &[FeedHead], profile: Option<&[FeedClass]>) -> Vec<FeedHead> {
    granted.iter().copied().filter(|head| profile.is_none_or(|held| held.contains(&head.feed))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_domain::FeedSeq;
    use wattle_protocol::digest::{DigestAsk, Repair, Stamp};
    use wattle_protocol::session::Cursors;

    fn code(result: Result<Asked, ApiError>) -> Option<ErrorCode> {
        result.err().map(|error| error.code)
    }

    fn repair(table: &str, bucket: u8, id: u128) -> Repair {
        let stamp = Stamp { id: Uuid::from_u128(id), rev: Rev(1), updated_at: UtcInstant(1) };
        Repair { table: table.to_owned(), bucket, held: vec![stamp] }
    }

    #[test]
    fn what_makes_no_sense_is_malformed() {
        let digest = |key: &str| {
            Some(DigestAsk {
                key: key.to_owned(),
                tables: vec!["of_a_newer_app".to_owned()],
                content_of: None,
            })
        };
        for (why, pull) in [
            ("a short key", Pull { digest: digest("00"), ..Pull::default() }),
            ("an unknown table", Pull { repair: vec![repair("nonsense", 1, 1)], ..Pull::default() }),
            ("another bucket", Pull { repair: vec![repair("patient", 2, 1)], ..Pull::default() }),
            ("many", Pull { repair: vec![repair("patient", 1, 1); MOST_BUCKETS + 1], ..Pull::default() }),
        ] {
            assert_eq!(code(Asked::read(pull)), Some(ErrorCode::Malformed), "{why}");
        }
        let asked = Asked::read(Pull { digest: digest(&"0".repeat(32)), ..Pull::default() }).ok().unwrap();
        assert_eq!(asked.digests.unwrap().tables, Some(BTreeSet::new()), "nothing that we know");
    }

    #[test]
    fn cursors_count_for_the_feeds_that_are_sent() {
        let head = |feed| FeedHead { feed, head: FeedSeq(5), horizon: FeedSeq(0) };
        let granted = || vec![head(FeedClass::Ref), head(FeedClass::Front)];
        let ask = |cursors: &[(FeedClass, u64)], feeds: Option<Vec<FeedClass>>, reconcile| {
            let cursors: Cursors = cursors.iter().map(|(feed, seq)| (*feed, FeedSeq(*seq))).collect();
            let asked = Asked::read(Pull { cursors, feeds, reconcile, ..Pull::default() }).ok().unwrap();
            asked.feeds(granted()).map(|feeds| feeds.len()).map_err(|error| error.code)
        };
        let front = Some(vec![FeedClass::Front, FeedClass::Admin]);
        assert_eq!(ask(&[(FeedClass::Ref, 5)], None, false), Ok(2));
        assert_eq!(ask(&[(FeedClass::Ref, 6)], None, false), Err(ErrorCode::Resnapshot), "ahead");
        assert_eq!(ask(&[(FeedClass::Ref, 6)], front.clone(), false), Ok(1), "not asked for, not looked at");
        assert_eq!(ask(&[(FeedClass::Admin, 1)], None, false), Err(ErrorCode::Resnapshot), "not granted");
        assert_eq!(ask(&[(FeedClass::Front, 99)], front, true), Ok(1), "of another epoch");
    }
}
