//! Digests of the server's rows as this file holds them, compared with the server's own.
//!
//! What comes over the wire is only ever compared with; all that a difference does is to be written down, so that the
//! next pulls ask for those rows.

use rusqlite::Connection;
use wattle_domain::{FeedClass, TableName};
use wattle_protocol::digest::{DigestAsk, TableDigest};
use wattle_sync_rules::digest::{Buckets, Key, NotADigest};

use crate::error::Error;
use crate::mirror;
use crate::tables::repair::{self, Wrong};
use crate::tables::{cursor, meta};
use crate::txn::Txn;

/// Beyond so many rows, when more than a quarter of a table's buckets differ, its feed is sent whole instead of mended
/// bucket by bucket.
const RESENT_ROWS: u64 = 5_000;

/// The server's digests of an answer, read but not yet compared.
#[derive(Debug)]
pub(crate) struct Theirs {
    key: Key,
    content_of: Option<u8>,
    tables: Vec<(TableName, Buckets)>,
}

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Buckets to mend.
    pub wrong: Vec<Wrong>,
    /// Feeds that differ so widely that they are to be sent whole.
    pub resend: Vec<FeedClass>,
    /// Buckets that differ, in all.
    pub buckets: u64,
}

impl Theirs {
    /// Reads an answer to a question. Tables that were not asked for, or that this version does not know, are left out.
    pub(crate) fn read(ask: &DigestAsk, digests: &[TableDigest]) -> Result<Self, Error> {
        let bad =
            |table: &str| Error::BadFrame { table: table.to_owned(), what: "a digest is malformed".into() };
        let key = Key::read(&ask.key).map_err(|NotADigest| bad("digest"))?;
        let mut tables = Vec::new();
        for digest in digests {
            let asked = ask.tables.is_empty() || ask.tables.contains(&digest.table);
            let Ok(table) = digest.table.parse::<TableName>() else { continue };
            if !asked || digest.content_of != ask.content_of || table.table().class != digest.feed {
                continue;
            }
            let buckets = match ask.content_of {
                None => Buckets::read(&digest.buckets),
                Some(bucket) => Buckets::read_one(&digest.buckets, bucket),
            };
            tables.push((table, buckets.map_err(|NotADigest| bad(&digest.table))?));
        }
        Ok(Self { key, content_of: ask.content_of, tables })
    }

    /// Whether there is one of this table.
    pub(crate) fn names(&self, table: TableName) -> bool {
        self.tables.iter().any(|(t, _)| *t == table)
    }

    /// Compares those of some feeds with this file.
    pub(crate) fn compare(&self, connection: &Connection, feeds: &[FeedClass]) -> Result<Differences, Error> {
        let mut differences = Differences::default();
        for (table, theirs) in self.tables.iter().filter(|(t, _)| feeds.contains(&t.table().class)) {
            let ours = ours(connection, *table, self.key, self.content_of)?;
            let differ = ours.differ(theirs);
            differences.buckets += u64::try_from(differ.len()).unwrap_or(u64::MAX);
            if self.content_of.is_none() && is_wide(&ours, theirs, &differ) {
                differences.resend.push(table.table().class);
            } else {
                let untrusted = self.content_of.is_some();
                let wrong = differ.into_iter().map(|bucket| Wrong { table: *table, bucket, untrusted });
                differences.wrong.extend(wrong);
            }
        }
        differences.resend.sort_unstable();
        differences.resend.dedup();
        Ok(differences)
    }
}

impl Differences {
    /// Writes down what is to be mended, and that digests were compared.
    pub(crate) fn keep(&self, txn: &Txn<'_>) -> Result<(), Error> {
        let (connection, now) = (txn.connection(), txn.now());
        for wrong in &self.wrong {
            repair::add(connection, wrong, now)?;
        }
        for &feed in &self.resend {
            cursor::rewind(connection, feed)?;
        }
        meta::set(connection, meta::DIGEST_CHECKED_AT, &now.0.to_string())?;
        meta::set(connection, meta::DIGEST_WRONG, &self.buckets.to_string())
    }
}

fn ours(
    connection: &Connection,
    table: TableName,
    key: Key,
    content_of: Option<u8>,
) -> Result<Buckets, Error> {
    let mut buckets = Buckets::default();
    match content_of {
        None => mirror::stamps(connection, table, None, |stamp| buckets.add(stamp.id, key.stamp(&stamp)))?,
        Some(bucket) => {
            for row in mirror::rows_of_bucket(connection, table, bucket)? {
                buckets.add(row.id, key.content(&row));
            }
        }
    }
    Ok(buckets)
}

fn is_wide(ours: &Buckets, theirs: &Buckets, differ: &[u8]) -> bool {
    let rows_in = |bucket: u8| ours.count(bucket).max(theirs.count(bucket));
    let used = (0..=u8::MAX).filter(|bucket| rows_in(*bucket) > 0).count();
    let rows = differ.iter().fold(0_u64, |sum, bucket| sum.saturating_add(rows_in(*bucket)));
    differ.len() * 4 > used && rows > RESENT_ROWS
}
