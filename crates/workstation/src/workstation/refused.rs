//! Sign-ins that were refused here without the server, and the telling of them.

use std::sync::{Arc, Weak};

use wattle_domain::UserId;
use wattle_local_store::new_id;
use wattle_protocol::ipc::session::{Connection, SyncState};
use wattle_protocol::refused::{Refusal, Refusals};
use wattle_sync_engine::driver::Tokens as _;

use super::{Shared, Workstation};
use crate::desk::Desk;
use crate::server;

impl Workstation {
    /// A wrong password that no server has heard of.
    pub(super) fn refused_here(&self, user: UserId) {
        let refusal = Refusal { id: new_id(self.0.clock.as_ref()), user, at: self.now() };
        if let Err(error) = self.0.refused.note(refusal) {
            tracing::error!(error = &error as &dyn std::error::Error, "a refused sign-in was not kept");
        }
    }

    /// Tells the server what it has not heard of; should that fail, the next contact tells it again.
    async fn tell_refusals(&self, desk: &Arc<Desk>) {
        let refused = self.0.refused.all();
        let (Some(token), Some(record)) = (desk.keeper.access(), self.record()) else { return };
        if refused.is_empty() {
            return;
        }
        let refusals = Refusals { refused };
        let told = match server::refused(&record.server(), &token, &refusals).await {
            Ok(()) => self.0.refused.told(&refusals.refused),
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::info!(error = &error as &dyn std::error::Error, "refused sign-ins are told later");
        }
    }
}

/// Tells refused sign-ins whenever the server is there.
pub(super) async fn watch_for_telling(
    shared: Weak<Shared>,
    desk: Weak<Desk>,
    mut states: tokio::sync::watch::Receiver<SyncState>,
) {
    loop {
        let is_online = matches!(states.borrow_and_update().connection, Connection::Online);
        if is_online && let (Some(shared), Some(desk)) = (shared.upgrade(), desk.upgrade()) {
            Workstation(shared).tell_refusals(&desk).await;
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}
