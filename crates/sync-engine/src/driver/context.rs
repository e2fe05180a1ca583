//! What every piece of work needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use wattle_domain::time::Clock;
use wattle_local_store::{Error as StoreError, Store, SyncFacts};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Progress;

use super::Tokens;
use super::compare::Rotation;
use crate::machine::{Facts, Fault, FaultKind};
use crate::transport::{Error, Transport};

pub(super) struct Context {
    pub(super) store: Store,
    pub(super) transport: Transport,
    pub(super) tokens: Arc<dyn Tokens>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) app_version: String,
    pub(super) first_sync: watch::Sender<Option<Progress>>,
    pub(super) damaged: watch::Sender<bool>,
    pub(super) profile_changed: watch::Sender<bool>,
    pub(super) rotation: Rotation,
    pub(super) looks: AtomicU64,
}

/// The file's facts and when they were looked up: a later look saw at least what an earlier one did.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) number: u64,
    pub(super) facts: Facts,
}

impl Context {
    /// Runs something that blocks. The context stays alive until it is done, also when nobody waits for it any more.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let context = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&context)).await;
        // Only a panic ends here, and the panic hook has told of it.
        done.map_err(|_| Fault::new(FaultKind::Store))
    }

    /// Runs something that blocks, with the access token.
    pub(super) async fn with_token<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<(String, T), Fault> {
        let done = self.blocking(move |context| {
            let token = context.tokens.access().ok_or(Fault::new(FaultKind::Code(ErrorCode::SignInAgain)))?;
            Ok((token, context.of_store(work)?))
        });
        done.await?
    }

    /// Runs something that changes the file, and looks what it is like afterwards. On one thread: no hop in between.
    pub(super) async fn change(
        self: &Arc<Self>,
        work: impl FnOnce(&Store) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Look, Fault> {
        let done = self.blocking(move |context| {
            context.of_store(work)?;
            context.look()
        });
        done.await?
    }

    /// Looks what the file is like. Blocks.
    pub(super) fn look(&self) -> Result<Look, Fault> {
        let number = self.looks.fetch_add(1, Ordering::SeqCst);
        let SyncFacts {
            epoch,
            cursors,
            outbox_len,
            oldest_waiting_at,
            last_n,
            awaiting,
            attention,
            repairs,
            replica: _,
        } = self.of_store(Store::sync_facts)?;
        let feeds = self.store.identity().feeds();
        let facts = Facts {
            epoch,
            cursors,
            outbox_len,
            oldest_waiting_at,
            last_n,
            awaiting,
            attention,
            repairs,
            feeds,
        };
        Ok(Look { number, facts })
    }

    /// A call of the store. Blocks.
    pub(super) fn of_store<T>(&self, work: impl FnOnce(&Store) -> Result<T, StoreError>) -> Result<T, Fault> {
        work(&self.store).map_err(|error| self.store_fault(&error))
    }

    /// Logs a fault of the store and says what the machine makes of it.
    pub(super) fn store_fault(&self, error: &StoreError) -> Fault {
        tracing::warn!(error = error as &dyn std::error::Error, "the file did not take part in the sync");
        match error {
            StoreError::BadFrame { .. } | StoreError::Incomplete => Fault::new(FaultKind::Garbled),
            StoreError::Damaged(_) => {
                self.damaged.send_replace(true);
                Fault::new(FaultKind::Store)
            }
            _ => Fault::new(FaultKind::Store),
        }
    }
}

/// Logs a fault of the wire and says what the machine makes of it.
pub(super) fn wire_fault(route: &'static str, error: &Error) -> Fault {
    match error {
        Error::Refused { code, correlation_id, .. } => {
            tracing::warn!(route, ?code, correlation_id, "the server refused");
        }
        Error::Unreachable(why) => tracing::info!(route, %why, "the server cannot be reached"),
        Error::Garbled { what } => tracing::warn!(route, what, "the answer cannot be used"),
    }
    error.fault()
}
