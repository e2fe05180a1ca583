//! One profile's file: how it is opened, and what becomes of it when it is damaged.

use std::sync::Arc;

use wattle_domain::time::Clock;
use wattle_local_store::keys::{Owner, SlotKeys};
use wattle_local_store::{Identity, OpenError, Store};

use crate::error::Error;
use crate::folder::Place;

/// A file with the keys that open it.
#[derive(Clone, Debug)]
pub(crate) struct ProfileFile {
    pub(crate) place: Place,
    pub(crate) owner: Owner,
    pub(crate) keys: SlotKeys,
}

impl ProfileFile {
    /// Opens it, making it when there is none. The slot has proven the key, so that a file it does not open is damaged.
    pub(crate) async fn open(&self, clock: Arc<dyn Clock>) -> Result<Store, Error> {
        let file = self.clone();
        let opened = tokio::task::spawn_blocking(move || file.open_blocking(clock)).await?;
        opened.map_err(|error| match error {
            OpenError::Damaged | OpenError::WrongKey => Error::Damaged,
            other => Error::Open(other),
        })
    }

    /// Renames the damaged file aside, makes a new one and puts into it what is readable of the old one's outbox.
    pub(crate) async fn replace_damaged(&self, clock: Arc<dyn Clock>) -> Result<(), Error> {
        let file = self.clone();
        tokio::task::spawn_blocking(move || {
            let path = file.place.database();
            let aside = Store::set_aside_damaged(&path)?;
            let store = file.open_blocking(clock).map_err(Error::Open)?;
            match Store::recover_outbox(&aside.path, &file.keys.data_key, &store) {
                Ok(commands) => {
                    tracing::warn!(commands, "a damaged file was set aside; its outbox was recovered")
                }
                // The file stays where it is for somebody with better tools; the desk must go on.
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a damaged file's outbox is unreadable"
                    );
                }
            }
            Ok(())
        })
        .await?
    }

    fn open_blocking(&self, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
        let Owner { clinic, workstation, profile, .. } = self.owner.clone();
        let identity = Identity { clinic, workstation, profile };
        Store::open(&self.place.database(), &self.keys.data_key.clone().proven(), identity, clock)
    }
}
