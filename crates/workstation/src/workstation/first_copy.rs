//! A file that an image became takes the place of the empty one that stands open.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use wattle_local_store::Store;
use wattle_local_store::keys::WorkstationSecret;
use wattle_sync_engine::driver::FirstCopy;
use wattle_sync_engine::image::{self, Patience, Target};

use super::{Shared, State, Workstation};
use crate::desk::Desk;
use crate::error::Error;
use crate::file::ProfileFile;
use crate::server;
use crate::tokens::Keeper;

/// How long calls that are under way may go on before the file is closed.
const LAST_CALLS: Duration = Duration::from_secs(10);
/// Between two looks whether they have ended.
const LOOK: Duration = Duration::from_millis(5);

impl Workstation {
    /// What an image could become, if the file that was just opened has nothing in it. What was fetched for one that has is
    /// not wanted any more.
    pub(super) async fn first_copy(
        &self,
        file: &ProfileFile,
        store: &Store,
    ) -> Result<Option<FirstCopy>, Error> {
        let (store, path) = (store.clone(), file.place.database());
        let untouched = tokio::task::spawn_blocking(move || {
            let untouched = image::is_untouched(&store)?;
            if !untouched && let Err(error) = image::forget(&path) {
                tracing::warn!(kind = ?error.kind(), "chunks of an image could not be removed");
            }
            Ok::<_, wattle_local_store::Error>(untouched)
        });
        let target = || Target {
            file: file.place.database(),
            key: file.keys.data_key.clone(),
            identity: file.identity(),
            clock: Arc::clone(&self.0.clock),
        };
        Ok(untouched.await??.then(|| FirstCopy { target: target(), patience: Patience::default() }))
    }

    /// Closes the desk, swaps the files, opens the desk again. A file that somebody has worked in meanwhile stays.
    async fn take_copy(&self, desk: Arc<Desk>) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let current = self.desk_behind_the_curtain();
        if !current.is_some_and(|open| Arc::ptr_eq(&open, &desk)) {
            return Ok(());
        }
        let Some(ready) = desk.driver.take_copy() else { return Ok(()) };
        let before = std::mem::replace(&mut *self.state(), State::Out(None));
        let locked = matches!(before, State::In { locked: true, .. });
        drop(before);
        // Files of earlier roles go on sending: they live on the tokens, which stay.
        desk.close().await;
        let (file, keeper, secret) = (desk.file().clone(), Arc::clone(&desk.keeper), desk.secret().clone());
        let store = desk.store.clone();
        drop(desk);
        let swapped = match only_ours(store).await {
            Some(store) => {
                let swap = move || {
                    let untouched = image::is_untouched(&store)?;
                    drop(store);
                    if untouched {
                        ready.put_in_place()?;
                    }
                    Ok::<_, Error>(())
                };
                tokio::task::spawn_blocking(swap).await.map_err(Error::from).flatten()
            }
            None => Err(Error::Broken),
        };
        if let Err(error) = swapped {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "rows are streamed instead of an image"
            );
        }
        let opened = self.open_again(file, keeper, secret, locked).await;
        self.tell().await;
        opened
    }

    async fn open_again(
        &self,
        file: ProfileFile,
        keeper: Arc<Keeper>,
        secret: WorkstationSecret,
        locked: bool,
    ) -> Result<(), Error> {
        let record = self.record().ok_or(Error::NotSetUp)?;
        let clock = Arc::clone(&self.0.clock);
        let store = file.open(Arc::clone(&clock)).await?;
        let tokens = Arc::clone(&keeper);
        let driver = server::start(&record.server(), &store, tokens, &file.owner, clock)?;
        let desk = Arc::new(Desk::new(store, driver, keeper, file, secret));
        *self.state() = State::In { desk: Arc::clone(&desk), locked };
        desk.watch(self.watchers(&desk));
        Ok(())
    }
}

/// Waits until nobody else holds the file: then nobody writes into it any more.
async fn only_ours(store: Store) -> Option<Store> {
    let until = Instant::now() + LAST_CALLS;
    while !store.is_only_handle() {
        if Instant::now() > until {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
    Some(store)
}

/// Waits for the copy of a desk whose file is new.
pub(super) async fn watch_for_copy(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut copied: tokio::sync::watch::Receiver<bool>,
) {
    if copied.wait_for(|copied| *copied).await.is_err() {
        return;
    }
    if let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) {
        // Apart from this task, which ends with the desk.
        tokio::spawn(async move {
            if let Err(error) = Workstation(shared).take_copy(desk).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the desk was not opened again");
            }
        });
    }
}
