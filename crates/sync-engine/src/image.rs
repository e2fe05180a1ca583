//! The first sync by pages: an image's chunks become this workstation's file.
//!
//! Owns: fetching chunks side by side, keeping them through a kill, writing their pages under the workstation's own key, and
//! putting the new file in its place.
//!
//! Must never: open a file that is not complete and checked, delete a database that could hold somebody's work, ask for
//! more than the profile's feeds.
//!
//! Called by: `workstation`, before the store of a file that has never synced is opened; the tests and benchmarks.
//!
//! Three stages. [`arrive`] may be dropped at any moment and called again: what was fetched stays in `<file>.image`, sealed
//! as it came. It ends with `<file>.incoming`, closed and complete. [`Ready::put_in_place`] swaps it in.

mod arrive;
mod error;
mod fetch;
mod folder;
mod import;
mod offers;
mod place;
mod waits;
mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wattle_domain::time::Clock;
use wattle_local_store::{DataKey, Identity, Store};

pub use arrive::arrive;
pub use error::NoCopy;
pub use place::Ready;

/// The file that is to be.
#[derive(Clone)]
pub struct Target {
    /// Where.
    pub file: PathBuf,
    /// Its own key.
    pub key: DataKey,
    /// Whose.
    pub identity: Identity,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}

/// How long to keep trying.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before the second try; doubles from try to try.
    pub first_wait: Duration,
    /// The longest wait between two tries.
    pub longest_wait: Duration,
    /// Without one more byte for so long, rows are tried instead.
    pub without_progress: Duration,
    /// Chunks on their way at once.
    pub side_by_side: usize,
    /// How often one chunk may turn out bad.
    pub bad_chunks: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            without_progress: Duration::from_secs(60),
            side_by_side: 4,
            bad_chunks: 3,
        }
    }
}

/// Whether a file holds nothing but what a new one does: no row was ever taken in, nobody's work is in it. Only such a
/// file may make room for one made of an image.
///
/// # Errors
/// When the file cannot be read.
pub fn is_untouched(store: &Store) -> Result<bool, wattle_local_store::Error> {
    let facts = store.sync_facts()?;
    let synced = facts.cursors.values().any(|seq| seq.0 > 0);
    Ok(!synced
        && facts.outbox_len == 0
        && facts.awaiting.is_empty()
        && facts.attention == 0
        && facts.last_n == 0)
}

/// Removes the chunks of an image that is not wanted any more, for example because rows were streamed instead.
///
/// # Errors
/// When the folder cannot be changed.
pub fn forget(file: &std::path::Path) -> std::io::Result<()> {
    folder::forget(file)
}
