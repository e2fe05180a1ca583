//! The server has another epoch: it was restored, or has lost its tail. The file keeps its rows, finds out which differ,
//! and offers again what the server may have lost.

use std::sync::Arc;

use wattle_domain::{FeedClass, TableName};
use wattle_protocol::session::Cursors;

use crate::digest::{Differences, Theirs};
use crate::error::Error;
use crate::rebase;
use crate::store::Shared;
use crate::tables::{cursor, meta, outbox, repair};
use crate::txn::Txn;

/// Takes over epoch and heads, compares everything, and lets every command of the last days wait again. Returns how many
/// buckets differ.
pub(super) fn take_in(
    txn: &mut Txn<'_>,
    shared: &Arc<Shared>,
    epoch: &str,
    heads: &Cursors,
    theirs: &Theirs,
) -> Result<u64, Error> {
    // The tables are the server's rows now, as the server had them before.
    rebase::undo_all(txn)?;
    outbox::offer_again(txn.connection())?;
    let connection = txn.connection();
    meta::set(connection, meta::EPOCH, epoch)?;
    repair::forget_trusted(connection)?;
    let mut found = theirs.compare(connection, &shared.feeds)?;
    for (feed, seq) in cursor::all(connection)? {
        match heads.get(&feed) {
            // One that was not here whole, that the server does not name or of which it has no digests comes whole.
            Some(&head) if seq.0 > 0 && shared.feeds.contains(&feed) && whole(theirs, feed) => {
                cursor::set(connection, feed, head)?;
            }
            _ => {
                cursor::rewind(connection, feed)?;
                forget_feed(&mut found, feed);
            }
        }
    }
    found.keep(txn)?;
    txn.tell();
    rebase::run_all(txn)?;
    Ok(found.buckets)
}

/// Whether there is a digest of every table of a feed.
fn whole(theirs: &Theirs, feed: FeedClass) -> bool {
    TableName::ALL.iter().filter(|t| t.table().class == feed).all(|&table| theirs.names(table))
}

/// What is sent whole is not mended bucket by bucket.
fn forget_feed(found: &mut Differences, feed: FeedClass) {
    found.wrong.retain(|wrong| wrong.table.table().class != feed);
}
