//! What the machine knows of the file: read by the driver after everything that may have changed it.

use wattle_domain::{CommandId, FeedClass, FeedSeq, UtcInstant};
use wattle_protocol::session::Cursors;

/// The store's answer to "how far are we".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The epoch the cursors belong to; empty before the first contact.
    pub epoch: String,
    /// Last commit applied, per feed; a feed that is missing or 0 is sent whole.
    pub cursors: Cursors,
    /// Commands without a final verdict.
    pub outbox_len: u64,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<UtcInstant>,
    /// Highest command number ever given out here.
    pub last_n: u64,
    /// Answered commands that no checkpoint covers yet.
    pub awaiting: Vec<CommandId>,
    /// Things in *Needs attention*.
    pub attention: u64,
    /// Buckets that were found different from the server's and wait to be mended.
    pub repairs: u64,
    /// The feeds that the file may hold: its profile. Empty: any (never so in a real file).
    pub feeds: Vec<FeedClass>,
}

impl Facts {
    /// Whether the file may hold a feed.
    pub(super) fn may_hold(&self, feed: FeedClass) -> bool {
        self.feeds.is_empty() || self.feeds.contains(&feed)
    }

    /// Last commit applied of a feed; 0 when it is to be sent whole.
    pub(super) fn held(&self, feed: FeedClass) -> FeedSeq {
        self.cursors.get(&feed).copied().unwrap_or_default()
    }

    /// Whether any feed has been fetched.
    pub(super) fn holds_any(&self) -> bool {
        self.cursors.values().any(|seq| *seq > FeedSeq(0))
    }
}
