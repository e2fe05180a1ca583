//! `GET /v1/live`: server-sent events. An event without a name carries a [`Hint`]; one named [`ROWS_EVENT`] a [`Delta`],
//! which only comes to who asked for it with [`ROWS_QUERY`].

use serde::{Deserialize, Serialize};
use wattle_domain::{FeedClass, FeedSeq};

use crate::pull::Frame;

/// A feed has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Which.
    pub feed: FeedClass,
    /// Its last commit.
    pub head: FeedSeq,
}

/// The name of the events that carry a [`Delta`].
pub const ROWS_EVENT: &str = "rows";
/// The query that asks for rows: `?rows=ref,front`, the feeds that the file may hold.
pub const ROWS_QUERY: &str = "rows";

/// What the commits after `from` up to and with `to` changed, for who is exactly at `from`; for anybody else it is a
/// hint that the feed is at `to`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// The server's epoch.
    pub epoch: String,
    /// Which feed.
    pub feed: FeedClass,
    /// Where the file must be.
    pub from: FeedSeq,
    /// Where it is afterwards.
    pub to: FeedSeq,
    /// [`Frame::Rows`] and [`Frame::Gone`] of this feed only.
    pub frames: Vec<Frame>,
}
