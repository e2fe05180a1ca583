//! The clinic has said that this computer is not to be trusted any more: what is unsent goes to the server, whole and
//! signed, then the keys are destroyed, and then the server is told.
//!
//! Only files that stand open can be read for it. What is unsent in another profile's file goes with its keys; the admin
//! page says so before.

use std::sync::{Arc, Weak};
use std::time::Duration;

use wattle_local_store::Store;
use wattle_protocol::session::Wiping;
use wattle_sync_engine::driver::Tokens as _;

use super::{Shared, State, Workstation};
use crate::desk::Desk;
use crate::error::Error;
use crate::record::Record;
use crate::server::{self, Server};

/// Commands that are handed over in one go.
const BATCH: usize = 200;
/// How often the server is told that it is done, and how long is waited in between.
const TOLD: (u32, Duration) = (5, Duration::from_secs(2));

impl Workstation {
    /// Hands over what is unsent and destroys this workstation. When the server cannot be reached before the end of the
    /// first, nothing is destroyed: the next contact says it again.
    pub(super) async fn wipe(&self, desk: Arc<Desk>) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        let current = self.desk_behind_the_curtain();
        if !current.is_some_and(|open| Arc::ptr_eq(&open, &desk)) {
            return Ok(());
        }
        let record = self.record().ok_or(Error::NotSetUp)?;
        let token = desk.keeper.access().ok_or(Error::Offline)?;
        let url = record.server();
        for open in self.leftovers().into_iter().chain([Arc::clone(&desk)]) {
            hand_over(&open, &url, &token).await?;
        }
        tracing::warn!("told to wipe: destroying the keys of this workstation");
        self.close_leftovers().await;
        self.shut(None).await;
        drop(desk);
        self.destroy(&record).await?;
        for _ in 0..TOLD.0 {
            match server::wipe(&url, &token, &Wiping { unsent: Vec::new(), done: true }).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the server was not told of the wipe"
                    );
                    tokio::time::sleep(TOLD.1).await;
                }
            }
        }
        Ok(())
    }

    /// Somebody whom the server does not let in has tried, and it answered that this computer is to be wiped. What is unsent
    /// cannot be handed over without one whom it knows: the page of the admin said so. A desk that stands open hears it by
    /// itself and hands over first.
    pub(super) async fn wipe_at_the_door(&self) -> Error {
        if self.desk_behind_the_curtain().is_some() {
            return Error::WrongCredentials;
        }
        let Some(record) = self.record() else { return Error::NotSetUp };
        tracing::warn!("told to wipe at a sign-in: destroying the keys of this workstation");
        self.close_leftovers().await;
        match self.destroy(&record).await {
            Ok(()) => Error::Wiped,
            Err(error) => error,
        }
    }

    async fn destroy(&self, record: &Record) -> Result<(), Error> {
        // Either alone is enough that nothing opens; neither must wait for the other.
        let forgotten = self.0.keyring.forget().await;
        if let Some(enrolled) = &record.enrolled {
            self.0.folder.destroy(enrolled.clinic)?;
        }
        if let Err(error) = forgotten {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the keyring keeps its entry; no slot is left"
            );
        }
        self.forget_record();
        *self.state() = State::Out(None);
        self.tell().await;
        Ok(())
    }
}

async fn hand_over(desk: &Arc<Desk>, url: &Server, token: &str) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let (unsent, last) = desk.with_store(move |store: &Store| store.unsent(after, BATCH)).await?;
        if unsent.is_empty() {
            return Ok(());
        }
        server::wipe(url, token, &Wiping { unsent, done: false }).await?;
        after = last;
    }
}

/// Wipes when the server says so.
pub(super) async fn watch_for_wipe(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut told: tokio::sync::watch::Receiver<u64>,
) {
    while told.changed().await.is_ok() {
        let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) else { return };
        // Apart from this task, which ends with the desk.
        tokio::spawn(async move {
            if let Err(error) = Workstation(shared).wipe(desk).await {
                tracing::error!(error = &error as &dyn std::error::Error, "not wiped yet");
            }
        });
    }
}
