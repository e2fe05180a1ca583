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
            Store::set_aside_damaged(&path)?;
            // Opening it carries over what the old one still holds.
            file.open_blocking(clock).map(drop).map_err(Error::Open)
        })
        .await?
    }

    /// Whose file it is.
    pub(crate) fn identity(&self) -> Identity {
        let Owner { clinic, workstation, profile, .. } = self.owner.clone();
        Identity { clinic, workstation, profile }
    }

    fn open_blocking(&self, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
        let path = self.place.database();
        Store::finish_setting_aside(&path)?;
        let store = Store::open(&path, &self.keys.data_key.clone().proven(), self.identity(), clock)?;
        // A crash between setting a file aside and carrying its outbox over must not end there.
        Store::recover_set_aside(&path, &self.keys.data_key, &store);
        Ok(store)
    }
}
