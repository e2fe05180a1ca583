//! The file's key at the server: given once, asked back by somebody of the same profile who has no slot here.

use std::sync::Arc;

use wattle_domain::role;
use wattle_local_store::{DataKey, Store};
use wattle_protocol::escrow::Escrow;
use wattle_protocol::session::SignedIn;

use super::Workstation;
use crate::desk::Desk;
use crate::folder::Place;
use crate::server;

impl Workstation {
    /// The key of a file that nobody here can open, if the server keeps it and it does open the file.
    pub(super) async fn key_from_server(&self, place: &Place, signed_in: &SignedIn) -> Option<DataKey> {
        let record = self.record()?;
        let asked = Escrow { profile: role::profile(&signed_in.roles), keep: None };
        let kept = match server::escrow(&record.server(), &signed_in.access_token, &asked).await {
            Ok(kept) => kept?.keys,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no key from the server");
                return None;
            }
        };
        let path = place.database();
        let opens = move || {
            let keys = kept.iter().filter_map(|text| DataKey::from_base64(text));
            keys.into_iter().find(|key| Store::opens(&path, key))
        };
        tokio::task::spawn_blocking(opens).await.ok().flatten()
    }

    /// Gives the key of the open file to the server, unless it has it.
    pub(super) fn give_key(&self, desk: &Arc<Desk>, signed_in: &SignedIn) {
        let (file, mark) = (desk.file().clone(), desk.file().keys.data_key.mark());
        if file.place.is_kept(&mark) || role::profile(&signed_in.roles) != file.owner.profile {
            return;
        }
        let (workstation, token) = (self.clone(), signed_in.access_token.clone());
        tokio::spawn(async move {
            let Some(record) = workstation.record() else { return };
            let keep = file.keys.data_key.to_base64();
            let asked = Escrow { profile: file.owner.profile.clone(), keep: Some(keep.to_string()) };
            let given = server::escrow(&record.server(), &token, &asked).await;
            let noted = match given {
                Ok(Some(_)) => file.place.mark_kept(&mark),
                // A server without a key of its own keeps none.
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = noted {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the server does not have this file's key yet; the next sign-in tries again"
                );
            }
        });
    }
}
