//! *Needs attention*: see `wattle_protocol::ipc::attention`.

use wattle_domain::commands::ResolveConflict;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::attention::{AttentionItem, SetAside};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// What somebody must look at.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn attention(&self) -> Result<Vec<AttentionItem>, Error> {
        let viewer = self.desk()?.user();
        self.read(move |store| store.attention(viewer)).await
    }

    /// Chooses one of two values.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no; [`Error::Locked`]; when it could not be saved.
    pub async fn resolve_conflict(&self, args: ResolveConflict) -> Result<Written, Error> {
        let id = args.row_id;
        self.write(args, id).await
    }

    /// A rejected command was dealt with; it is kept.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be written.
    pub async fn set_aside(&self, args: SetAside) -> Result<(), Error> {
        self.read(move |store| store.set_aside(args.command_id)).await?;
        self.desk()?.nudge();
        Ok(())
    }
}
