//! What every piece of work needs.

use std::sync::Arc;

use tokio::sync::watch;
use wattle_local_store::{Error as StoreError, Store, SyncFacts};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::Progress;

use super::Tokens;
use crate::machine::{Facts, Fault, FaultKind};
use crate::transport::{Error, Transport};

pub(super) struct Context {
    pub(super) store: Store,
    pub(super) transport: Transport,
    pub(super) tokens: Arc<dyn Tokens>,
    pub(super) app_version: String,
    pub(super) first_sync: watch::Sender<Option<Progress>>,
    pub(super) damaged: watch::Sender<bool>,
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

    /// As [`Context::blocking`], for a call of the store.
    pub(super) async fn store<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        let done = self.blocking(move |context| work(&context.store)).await?;
        done.map_err(|error| self.store_fault(&error))
    }

    pub(super) async fn facts(self: &Arc<Self>) -> Result<Facts, Fault> {
        self.store(Store::sync_facts).await.map(Facts::from)
    }

    pub(super) async fn access_token(self: &Arc<Self>) -> Result<String, Fault> {
        let token = self.blocking(|context| context.tokens.access()).await?;
        token.ok_or(Fault::new(FaultKind::Code(ErrorCode::SignInAgain)))
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

impl From<SyncFacts> for Facts {
    fn from(facts: SyncFacts) -> Self {
        let SyncFacts { epoch, cursors, outbox_len, oldest_waiting_at, last_n, awaiting, attention } = facts;
        Self { epoch, cursors, outbox_len, oldest_waiting_at, last_n, awaiting, attention }
    }
}
