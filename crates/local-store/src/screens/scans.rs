//! Scans that nobody has filed yet.

use wattle_domain::DocumentId;
use wattle_protocol::ipc::scans::Scan;

use crate::error::Error;
use crate::store::Store;
use crate::tables::scan::{self, Kept};

/// What is known of a file when its bytes are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenScan {
    /// The id of its bytes, and of the document that it becomes.
    pub id: DocumentId,
    /// It was filed before.
    pub filed: bool,
}

impl Store {
    /// Writes a scan down before its bytes are, unless the same bytes came before: then that one's id, and one that was put
    /// aside waits again.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn take_scan(&self, new: Scan, sha256: String) -> Result<TakenScan, Error> {
        let (taken, _) = self.write(move |txn| {
            if let Some((known, filed)) = scan::of_bytes(txn.connection(), &sha256)? {
                scan::put_aside(txn.connection(), known.scan.id, None)?;
                return Ok::<_, Error>(TakenScan { id: known.scan.id, filed });
            }
            let id = new.id;
            scan::put(txn.connection(), &Kept { scan: new, sha256, aside_at: None })?;
            Ok(TakenScan { id, filed: false })
        })?;
        Ok(taken)
    }

    /// Scans that nobody has filed, in the order in which they came: those that wait, and those that were put aside.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn scans(&self) -> Result<(Vec<Scan>, Vec<Scan>), Error> {
        let unfiled = self.read(scan::unfiled)?;
        let (wait, aside): (Vec<_>, Vec<_>) = unfiled.into_iter().partition(|kept| kept.aside_at.is_none());
        let shown = |kept: Vec<Kept>| kept.into_iter().map(|kept| kept.scan).collect();
        Ok((shown(wait), shown(aside)))
    }

    /// One of them, with the SHA-256 of its bytes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn scan(&self, id: DocumentId) -> Result<Option<(Scan, String)>, Error> {
        let found = self.read(|connection| scan::get(connection, id))?;
        Ok(found.map(|kept| (kept.scan, kept.sha256)))
    }

    /// Puts a scan aside that belongs to nobody, or takes that back. Its bytes stay.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn put_scan_aside(&self, id: DocumentId, aside: bool) -> Result<(), Error> {
        let ((), _) = self.write(move |txn| {
            let at = aside.then(|| txn.now());
            scan::put_aside(txn.connection(), id, at)
        })?;
        Ok(())
    }
}
