//! Carries bytes: what is filed here to the server, and what will be wanted soon from it.
//!
//! Whatever ends the app, the next start finds the same files in `up` and goes on with the parts that the server has not got.
//! One bad file holds nobody up.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use tokio::sync::{Semaphore, broadcast};
use wattle_domain::{DocumentId, TableName, UtcInstant};
use wattle_local_store::DocumentRow;
use wattle_protocol::ipc::event::{Changed, Event};

use super::super::{Shared, Workstation};
use super::Porter;
use super::transfer::{Sent, Way, size};
use crate::desk::Desk;
use crate::error::Error;
use crate::shelf::Lies;

/// How long is waited after a try that failed, at first and at most; and how often it is looked anyway.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// So many documents are under way at once: the server looks at one while the next is sealed or sent.
const AT_ONCE: usize = 4;
/// Documents that are fetched at once hold no more memory.
const MIB_AT_ONCE: usize = 64;
/// Copies of documents take no more of this computer's disk.
const MOST_KEPT_BYTES: u64 = 2 << 30;

/// Carries until the desk is closed. Wakes when rows of documents or bookings have moved, when something was filed, and now
/// and then.
pub(in super::super) async fn carry_documents(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut changes: broadcast::Receiver<Changed>,
) {
    let mut wait = WAITS.0;
    // Not the desk itself, while it is waited: it would not be closed.
    let Some(porter) = desk.upgrade().map(|desk| Arc::clone(&desk.porter)) else { return };
    loop {
        let done = {
            let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) else { return };
            Workstation(shared).carry(&desk).await
        };
        let failed = match done {
            Ok(all) => !all,
            Err(error) => {
                tracing::info!(error = &error as &dyn std::error::Error, "documents wait");
                true
            }
        };
        wait = if failed { (wait * 2).min(WAITS.1) } else { WAITS.0 };
        let pause = tokio::time::sleep(if failed { wait } else { WAITS.1 });
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                () = porter.wake.notified() => break,
                changed = changes.recv() => match changed {
                    Ok(changed) if concerns(&changed) => break,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => break,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            }
        }
    }
}

fn concerns(changed: &Changed) -> bool {
    [TableName::Document, TableName::DeskDocument, TableName::Appointment]
        .into_iter()
        .any(|table| changed.touches(table))
}

impl Workstation {
    /// One round. False: something is still to be done, and is tried again.
    async fn carry(&self, desk: &Arc<Desk>) -> Result<bool, Error> {
        let url = self.record().ok_or(Error::NotSetUp)?.server_url;
        let way = Way::new(&url, Arc::clone(desk))?;
        let sent = self.send_all(&way).await?;
        let fetched = self.fetch_ahead(&way).await?;
        Ok(sent && fetched)
    }

    async fn send_all(&self, way: &Way) -> Result<bool, Error> {
        let lost = way.desk.with_store(wattle_local_store::Store::documents_lost).await?;
        let shelf = way.desk.shelf.clone();
        let ids = tokio::task::spawn_blocking(move || {
            // What the server has lost and is here is sent again.
            for row in lost.iter().filter(|row| shelf.lies(row.document.id) == Some(Lies::Kept)) {
                shelf.send_again(row.document.id)?;
            }
            Ok::<_, Error>(shelf.to_send())
        });
        let ids = ids.await??;
        if ids.is_empty() {
            return Ok(true);
        }
        let rows = way.desk.with_store(move |store| store.documents_of(&ids)).await?;
        let hopeless =
            |id| Porter::has(&way.desk.porter.broken, id) || Porter::has(&way.desk.porter.refused, id);
        let hopeful = rows.into_iter().filter(|row| !hopeless(row.document.id));
        let mut sendings = stream::iter(hopeful)
            .map(|row| async move {
                let sent = way.send(&row).await?;
                way.note(row.document.id, sent);
                if sent != Sent::Later {
                    self.tell_document(&row);
                }
                Ok::<_, Error>(sent)
            })
            .buffer_unordered(AT_ONCE);
        let mut all = true;
        while let Some(sent) = sendings.next().await {
            all &= sent? != Sent::Later;
        }
        Ok(all)
    }

    /// Fetches documents of whoever is booked today and tomorrow, so that an outage does not take them away.
    async fn fetch_ahead(&self, way: &Way) -> Result<bool, Error> {
        let zone = self.zone().await?;
        let today = zone.date(self.now());
        let (from, end) = zone.day(today);
        // Into tomorrow, whatever the clocks do in that night; then its end.
        let to = zone.day(zone.date(UtcInstant(end.0 + 12 * 3_600_000))).1;
        let rows = way.desk.with_store(move |store| store.documents_of_booked(from, to)).await?;
        let (mut wanted, mut missing, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
        for row in rows {
            bytes += size(&row);
            if bytes > MOST_KEPT_BYTES {
                break;
            }
            let id = row.document.id;
            wanted.insert(id);
            if way.desk.shelf.lies(id).is_none() {
                missing.push(row);
            }
        }
        // Whole documents are held on the way: small ones beside each other, a very large one by itself.
        let room = &Semaphore::new(MIB_AT_ONCE);
        let mut fetches = stream::iter(missing)
            .map(|row| async move {
                let mib = size(&row).div_ceil(1 << 20).min(MIB_AT_ONCE as u64);
                let _held = room.acquire_many(u32::try_from(mib).unwrap_or(1)).await;
                match way.fetch(&row).await {
                    Ok(_) => {
                        self.tell_document(&row);
                        Ok(true)
                    }
                    Err(Error::NotHere) => Ok(false),
                    Err(error) => Err(error),
                }
            })
            .buffer_unordered(AT_ONCE);
        let mut all = true;
        while let Some(fetched) = fetches.next().await {
            all &= fetched?;
        }
        drop(fetches);
        self.trim(way, wanted).await?;
        Ok(all)
    }

    async fn trim(&self, way: &Way, wanted: BTreeSet<DocumentId>) -> Result<(), Error> {
        let shelf = way.desk.shelf.clone();
        tokio::task::spawn_blocking(move || shelf.trim(MOST_KEPT_BYTES, &wanted)).await?
    }

    /// The list says something else of a document now.
    pub(super) fn tell_document(&self, row: &DocumentRow) {
        let rows = vec![(row.table, vec![row.document.id.0])];
        // Nobody listening is fine.
        let _ = self.0.events.send(Event::Changed(Changed { rows }));
    }
}
