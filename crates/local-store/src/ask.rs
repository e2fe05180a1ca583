//! What a pull asks for, made from the file alone.

use rusqlite::Connection;
use wattle_domain::{Rev, TableName};
use wattle_protocol::digest::{DigestAsk, Repair, Stamp};
use wattle_protocol::pull::Pull;
use wattle_sync_rules::digest::{Key, bucket_of};

use crate::error::Error;
use crate::mirror;
use crate::store::{Shared, Store};
use crate::tables::{cursor, meta, outbox, repair};

/// Buckets that one pull asks to mend.
const MOST_BUCKETS: usize = 16;
/// Bytes of stamps that one pull carries, about; a single bucket may have more.
const MOST_STAMP_BYTES: usize = 512 << 10;
/// A stamp as JSON, about.
const STAMP_BYTES: usize = 92;

/// What a pull is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullKind {
    /// Changes, and rows of buckets that are to be mended.
    Usual,
    /// The same, and digests.
    Digest {
        /// Tables by wire name; empty: every table that the file may hold.
        tables: Vec<String>,
        /// Whole rows of this one bucket instead of stamps of all.
        content_of: Option<u8>,
    },
    /// The server has another epoch than the file: no rows, only where its feeds are and digests of everything.
    Reconcile {
        /// The server's epoch.
        epoch: String,
    },
}

impl Store {
    /// The whole request of a pull: epoch, cursors, commands that await their cover, the profile's feeds, some of the
    /// buckets that are to be mended (at most 16 and about 512 KiB of stamps, but always one), and a digest question under
    /// a fresh key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pull_request(&self, kind: PullKind, max_bytes: u64) -> Result<Pull, Error> {
        let shared = self.shared();
        self.read(|connection| {
            let usual = Pull {
                epoch: meta::get(connection, meta::EPOCH)?.unwrap_or_default(),
                cursors: cursor::all(connection)?,
                awaiting: Vec::new(),
                max_bytes,
                feeds: Some(shared.feeds.clone()),
                digest: None,
                repair: Vec::new(),
                reconcile: false,
            };
            Ok(match kind {
                PullKind::Reconcile { epoch } => {
                    let digest = Some(digest(&shared, Vec::new(), None));
                    // What awaits its cover is offered again instead.
                    Pull { epoch, digest, reconcile: true, ..usual }
                }
                PullKind::Usual => {
                    Pull { awaiting: outbox::awaiting(connection)?, repair: repairs(connection)?, ..usual }
                }
                PullKind::Digest { tables, content_of } => Pull {
                    awaiting: outbox::awaiting(connection)?,
                    repair: repairs(connection)?,
                    digest: Some(digest(&shared, tables, content_of)),
                    ..usual
                },
            })
        })
    }
}

fn digest(shared: &Shared, tables: Vec<String>, content_of: Option<u8>) -> DigestAsk {
    DigestAsk { key: Key::new(shared.ids.random()).to_hex(), tables, content_of }
}

/// The next buckets to mend with what the file holds of them.
fn repairs(connection: &Connection) -> Result<Vec<Repair>, Error> {
    let wrong = repair::first(connection, MOST_BUCKETS)?;
    let mut asked: Vec<Repair> = Vec::new();
    let mut bytes = 0;
    let mut tables: Vec<TableName> = wrong.iter().map(|w| w.table).collect();
    tables.dedup();
    for table in tables {
        let here: Vec<_> = wrong.iter().filter(|w| w.table == table).collect();
        let buckets: Vec<u8> = here.iter().map(|w| w.bucket).collect();
        let mut stamps: Vec<Stamp> = Vec::new();
        mirror::stamps(connection, table, Some(&buckets), |stamp| stamps.push(stamp))?;
        stamps.sort_unstable_by_key(|stamp| stamp.id);
        for wrong in here {
            let mut held: Vec<Stamp> =
                stamps.iter().filter(|s| bucket_of(s.id) == wrong.bucket).copied().collect();
            if wrong.untrusted {
                held.iter_mut().for_each(|stamp| stamp.rev = Rev(0));
            }
            bytes += held.len() * STAMP_BYTES;
            if bytes > MOST_STAMP_BYTES && !asked.is_empty() {
                return Ok(asked);
            }
            asked.push(Repair { table: table.as_str().to_owned(), bucket: wrong.bucket, held });
        }
    }
    Ok(asked)
}
