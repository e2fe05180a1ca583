//! Looks into the scanner's folder again and again.
//!
//! By looking, not by the system's notices (the crate `notify`): a scanner writes to a share of another computer as often as
//! to this one, and no notice comes of what another computer writes to a share. Whether a file still grows is to be asked
//! twice anyway.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use uuid::Uuid;
use wattle_domain::{DocumentId, UtcInstant};
use wattle_local_store::Store;
use wattle_protocol::ipc::scans::Scan;

use super::super::{Shared, Workstation};
use super::folder::{NewFile, Seen};
use super::{MAY_FILE, Scanner};
use crate::desk::Desk;
use crate::error::Error;
use crate::shelf::{Lies, Shelf};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(2);

/// Looks until the desk is closed; behind the curtain too.
pub(in super::super) async fn watch_scans(shared: Weak<Shared>, desk: Weak<Desk>) {
    // Not the desk itself, while it is waited: it would not be closed.
    let Some(scanner) = desk.upgrade().map(|desk| Arc::clone(&desk.scanner)) else { return };
    let seen = Arc::new(Mutex::new(Seen::default()));
    loop {
        {
            let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) else { return };
            let workstation = Workstation(shared);
            match workstation.look_for_scans(&desk, &scanner, &seen).await {
                Ok(true) => workstation.tell_scans(),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the scanner's folder waits");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = scanner.wake.notified() => {}
        }
    }
}

impl Workstation {
    /// One look. True when something is to be shown anew.
    async fn look_for_scans(
        &self,
        desk: &Arc<Desk>,
        scanner: &Arc<Scanner>,
        seen: &Arc<Mutex<Seen>>,
    ) -> Result<bool, Error> {
        let Some(folder) = self.scan_folder().filter(|_| desk.may(MAY_FILE)) else { return Ok(false) };
        // Before the first copy is whole, the file may still be exchanged for another.
        if desk.with_store(Store::clinic).await?.is_none() {
            return Ok(false);
        }
        let (store, shelf, clock) = (desk.store.clone(), desk.shelf.clone(), Arc::clone(&self.0.clock));
        let (scanner, seen) = (Arc::clone(scanner), Arc::clone(seen));
        tokio::task::spawn_blocking(move || {
            let mut keep = |file: NewFile<'_>| keep(&store, &shelf, clock.now(), &file);
            // Nobody else waits for it: one look at a time.
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let anew = seen.look(&folder, EVERY, &mut keep);
            *scanner.said() = seen.said();
            anew
        })
        .await
        .map_err(Error::from)
    }
}

/// Keeps a file's bytes, sealed, on the disk when this returns.
pub(super) fn keep(store: &Store, shelf: &Shelf, now: UtcInstant, file: &NewFile<'_>) -> Result<(), Error> {
    let scan = Scan {
        id: DocumentId(Uuid::now_v7()),
        name: file.name.clone(),
        mime: file.mime.to_owned(),
        size_bytes: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        taken_at: now,
    };
    let taken = store.take_scan(scan, file.sha256.clone())?;
    if !taken.filed && !shelf.has_scan(taken.id) {
        shelf.put(Lies::Unfiled, taken.id, file.bytes)?;
    }
    Ok(())
}
