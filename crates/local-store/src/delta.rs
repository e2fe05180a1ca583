//! A live delta: rows of the next commits of one feed, for a file that is exactly before them.

use std::collections::BTreeSet;

use wattle_protocol::ipc::event::Changed;
use wattle_protocol::live::Delta;

use crate::error::Error;
use crate::pull::{changes, check};
use crate::rebase;
use crate::store::Store;
use crate::tables::{cursor, meta};

impl Store {
    /// Takes in a live delta: rows, cursor, and the pending commands run again over them, in one transaction. `None`: the
    /// file is of another epoch, not where the delta begins, or may not hold the feed; nothing has changed, and the delta
    /// is a hint that there is something to pull.
    ///
    /// # Errors
    /// When a frame does not fit, or when it could not be saved. Nothing has changed then.
    pub fn take_in(&self, delta: Delta) -> Result<Option<Changed>, Error> {
        if !self.shared().feeds.contains(&delta.feed) {
            return Ok(None);
        }
        for frame in &delta.frames {
            check::delta(delta.feed, frame)?;
        }
        let (fits, changed) = self.write(move |txn| {
            let Delta { epoch, feed, from, to, frames } = delta;
            let known = meta::get(txn.connection(), meta::EPOCH)?.unwrap_or_default();
            // A feed that was never here begins with all of it.
            let here = cursor::all(txn.connection())?.get(&feed).copied().unwrap_or_default();
            if known != epoch || here != from || here.0 == 0 || to <= from {
                return Ok::<_, Error>(false);
            }
            let incoming = changes::incoming(frames)?;
            rebase::rebase(txn, &incoming, &BTreeSet::new(), |_| Ok(()))?;
            cursor::set(txn.connection(), feed, to)?;
            Ok(true)
        })?;
        Ok(fits.then_some(changed))
    }
}
