//! `GET /v1/live`: server-sent events; each `data:` is one [`Hint`].

use serde::{Deserialize, Serialize};
use wattle_domain::{FeedClass, FeedSeq};

/// A feed has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Which.
    pub feed: FeedClass,
    /// Its last commit.
    pub head: FeedSeq,
}
