//! The inbox of results: see `wattle_protocol::ipc::results`.

use wattle_domain::commands::{ActionResult, RecordResult};
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::results::{Inbox, InboxQuery};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// What waits for somebody to act on it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when their roles do not let them read it; [`Error::Locked`]; when the file cannot be read.
    pub async fn results(&self, query: InboxQuery) -> Result<Inbox, Error> {
        let desk = self.desk()?;
        if !desk.may((Noun::ClinicalRecord, Action::Read)) {
            return Err(Error::NotFound);
        }
        let viewer = desk.user();
        self.read(move |store| store.inbox(query, viewer)).await
    }

    /// Puts a result into the inbox; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_result(&self, mut args: RecordResult) -> Result<Written, Error> {
        self.fill(&mut args.item_id.0);
        let id = args.item_id;
        self.write(args, id).await
    }

    /// Says what was done about a result; nil ids are replaced by new ones.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`]; a rule says no when somebody was first.
    pub async fn action_result(&self, mut args: ActionResult) -> Result<Written, Error> {
        if let Some(recall) = &mut args.recall {
            self.fill(&mut recall.recall_id.0);
        }
        let id = args.item_id;
        self.write(args, id).await
    }
}
