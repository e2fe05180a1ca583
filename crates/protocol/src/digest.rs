//! Digests of what a file holds, asked for and answered within a pull, so that both sides speak of one snapshot.
//!
//! How a digest is made is `wattle_sync_rules::digest`; here are only the shapes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{FeedClass, Rev, UtcInstant};

/// Buckets of a table; a row is in the bucket of its id's last byte.
pub const BUCKETS: usize = 256;

/// What to digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestAsk {
    /// The hash's key: 16 random bytes as hex, new each time, so that no two different contents agree for ever.
    pub key: String,
    /// Tables by wire name; empty: every table of the feeds that are pulled.
    pub tables: Vec<String>,
    /// Hash whole rows of this one bucket instead of stamps of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_of: Option<u8>,
}

/// The digest of a table's buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// The table's feed.
    pub feed: FeedClass,
    /// The table, by wire name.
    pub table: String,
    /// As it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_of: Option<u8>,
    /// Base64 of [`BUCKETS`] times (count u64, sum u128), big-endian; with `content_of` of that one bucket.
    pub buckets: String,
}

/// What says that two copies of a row are of one write. The revision alone does not: a server that lost its tail counts
/// the same numbers again for other writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which row.
    pub id: Uuid,
    /// Its revision; 0 when the holder does not trust its copy.
    pub rev: Rev,
    /// When the server wrote it.
    pub updated_at: UtcInstant,
}

/// A bucket that was found different: the server sends rows that are not as listed, and says which listed ones are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The table, by wire name.
    pub table: String,
    /// Which bucket.
    pub bucket: u8,
    /// What the file holds of it, in the order of ids.
    pub held: Vec<Stamp>,
}
