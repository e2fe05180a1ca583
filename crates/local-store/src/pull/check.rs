//! What a frame may be about: feeds of the file's profile, and tables of the feed that it names.

use wattle_domain::{FeedClass, TableName};
use wattle_protocol::pull::Frame;

use crate::error::Error;

/// A frame of a pull.
pub(crate) fn pulled(feeds: &[FeedClass], frame: &Frame) -> Result<(), Error> {
    match frame {
        Frame::Rows { feed, table, .. } | Frame::Gone { feed, table, .. } => {
            held(feeds, *feed, table)?;
            belongs(*feed, table)
        }
        Frame::Whole { feed, .. } | Frame::Page { feed, .. } => held(feeds, *feed, feed.as_str()),
        Frame::Checkpoint { .. } => Ok(()),
    }
}

/// A frame of a pull that only brings digests.
pub(crate) fn reconciling(frame: &Frame) -> Result<(), Error> {
    match frame {
        Frame::Rows { table, .. } | Frame::Gone { table, .. } => Err(no(table, "no row was asked for")),
        Frame::Whole { feed, .. } => Err(no(feed.as_str(), "no row was asked for")),
        Frame::Page { .. } | Frame::Checkpoint { .. } => Ok(()),
    }
}

/// A frame of a live delta of one feed.
pub(crate) fn delta(feed: FeedClass, frame: &Frame) -> Result<(), Error> {
    match frame {
        Frame::Rows { feed: named, table, .. } | Frame::Gone { feed: named, table, .. } => {
            held(&[feed], *named, table)?;
            belongs(feed, table)
        }
        Frame::Whole { .. } | Frame::Page { .. } | Frame::Checkpoint { .. } => {
            Err(no(feed.as_str(), "a live delta only has rows"))
        }
    }
}

fn held(feeds: &[FeedClass], feed: FeedClass, table: &str) -> Result<(), Error> {
    if feeds.contains(&feed) { Ok(()) } else { Err(no(table, "the file may not hold its feed")) }
}

/// A table of a newer version is skipped later; a known one travels in its own feed only.
fn belongs(feed: FeedClass, table: &str) -> Result<(), Error> {
    match table.parse::<TableName>() {
        Ok(known) if known.table().class != feed => Err(no(table, "it does not belong to the feed")),
        _ => Ok(()),
    }
}

fn no(table: &str, what: &str) -> Error {
    Error::BadFrame { table: table.to_owned(), what: what.into() }
}
