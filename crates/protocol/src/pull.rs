//! `POST /v1/pull`: rows after the cursors, as lines of JSON, read in one snapshot.
//!
//! Frames come in this order: for each feed its rows, then its `page`; at the end one `checkpoint`. The client stages
//! them and writes rows, cursors and the re-run of its pending commands in one transaction at the checkpoint; a stream
//! that ends without one is thrown away.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::{CommandId, FeedClass, FeedSeq};

use crate::digest::{DigestAsk, Repair, TableDigest};
use crate::push::Answer;
use crate::session::Cursors;

/// The request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Must be the server's, else `resnapshot`.
    pub epoch: String,
    /// Where the workstation is; a feed that is left out or 0 is sent whole.
    pub cursors: Cursors,
    /// Commands whose answer the client still waits to see covered by a checkpoint.
    #[serde(default)]
    pub awaiting: Vec<CommandId>,
    /// Stop at the next commit after so many bytes; `complete` is then false and the client asks again.
    pub max_bytes: u64,
    /// The feeds that the file may hold: its profile. Others are not sent, even when they are granted. `None` (protocol 1):
    /// all that are granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feeds: Option<Vec<FeedClass>>,
    /// Digests wanted beside the rows; answered at a checkpoint that is `complete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestAsk>,
    /// Buckets to mend; answered in full before a checkpoint that is `complete`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repair: Vec<Repair>,
    /// The cursors are of another epoch than `epoch`, which is the server's: they count for nothing, no row is sent, and the
    /// checkpoint has the heads of this snapshot with the digests that were asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reconcile: bool,
}

/// The columns that every row of a [`Frame::Rows`] begins with, in this order; `columns` names what follows.
pub const COMMON_COLUMNS: [&str; 9] = [
    "id",
    "rev",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "origin_workstation",
    "deleted_at",
    "deleted_reason",
];

/// One line of the answer (`application/x-ndjson`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum Frame {
    /// A feed is sent whole: rows that are not in it are gone.
    Whole {
        /// Which feed.
        feed: FeedClass,
        /// About how many rows follow, for a progress bar that tells the truth.
        rows: u64,
    },
    /// Present states of rows of one table.
    Rows {
        /// Which feed.
        feed: FeedClass,
        /// Which table, by its wire name; a client skips one that it does not know.
        table: String,
        /// Names of the values after [`COMMON_COLUMNS`].
        columns: Vec<String>,
        /// One array per row: the common columns, then these.
        rows: Vec<Vec<Value>>,
    },
    /// Rows that are deleted, or that this user may not see any more.
    Gone {
        /// Which feed.
        feed: FeedClass,
        /// Which table.
        table: String,
        /// Which rows.
        ids: Vec<Uuid>,
    },
    /// A feed is complete up to a commit.
    Page {
        /// Which feed.
        feed: FeedClass,
        /// Up to and with this commit.
        to: FeedSeq,
    },
    /// The end. Without this line nothing of the answer counts.
    Checkpoint {
        /// Where the workstation is after it.
        cursors: Cursors,
        /// Answers to `awaiting` that this snapshot covers.
        answers: Vec<Answer>,
        /// False when there is more to pull.
        complete: bool,
        /// Digests of this snapshot, when asked for and complete.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        digests: Vec<TableDigest>,
    },
}
