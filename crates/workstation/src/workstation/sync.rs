//! The *Sync* page: see `wattle_protocol::ipc::sync`.

use std::path::Path;

use wattle_domain::WIRE;
use wattle_protocol::PROTOCOL;
use wattle_protocol::ipc::sync::{Bundle, SyncPage};

use super::Workstation;
use crate::error::Error;
use crate::server::APP_VERSION;
use crate::support;

impl Workstation {
    /// Everything about the sync and nothing about anybody.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in; when the file cannot be read.
    pub async fn sync_page(&self) -> Result<SyncPage, Error> {
        let desk = self.desk_behind_the_curtain().ok_or(Error::Locked)?;
        let record = self.record().ok_or(Error::NotSetUp)?;
        let file = self.read(wattle_local_store::Store::sync_details).await?;
        Ok(SyncPage {
            state: self.sync_state().await?,
            file,
            app_version: APP_VERSION.to_owned(),
            protocol: PROTOCOL,
            wire: WIRE,
            server_url: record.server_url,
            workstation_name: record.workstation_name,
            workstation: desk.file().owner.workstation,
        })
    }

    /// Compares what is here with the server at the next contact, and mends what differs.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in.
    pub async fn check_now(&self) -> Result<(), Error> {
        self.desk_behind_the_curtain().ok_or(Error::Locked)?.check_now();
        Ok(())
    }

    /// Writes what support needs into a folder: one file of JSON that can be read before it is sent.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in; when the file cannot be written.
    pub async fn write_support_bundle(&self, folder: &Path) -> Result<Bundle, Error> {
        let name = self.support_bundle_name().await?;
        self.write_support_bundle_to(&folder.join(name)).await
    }

    /// The same into a file of this name.
    ///
    /// # Errors
    /// As [`Workstation::write_support_bundle`].
    pub async fn write_support_bundle_to(&self, path: &Path) -> Result<Bundle, Error> {
        let page = self.sync_page().await?;
        let desk = self.desk_behind_the_curtain().ok_or(Error::Locked)?;
        let facts = support::Facts {
            written_at: self.now(),
            clinic: desk.file().owner.clinic,
            user: desk.user(),
            page,
            log: self.0.folder.log(),
        };
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || support::write(facts, &path)).await?
    }

    /// What the file would be called: `wattle-support-reception-1-20261122-0905.json`, by the clinic's clock.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in; when the file cannot be read.
    pub async fn support_bundle_name(&self) -> Result<String, Error> {
        let zone = self.zone().await?;
        let record = self.record().ok_or(Error::NotSetUp)?;
        Ok(support::name(&record.workstation_name, zone, self.now()))
    }
}
