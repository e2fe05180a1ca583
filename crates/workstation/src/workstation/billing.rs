//! A patient's account: see `wattle_protocol::ipc::billing`.

use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::billing::{AccountQuery, PatientAccount};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// What was billed for a patient's treatment, and what was paid.
    ///
    /// # Errors
    /// [`Error::NotFound`] when their roles do not let them read it; [`Error::Restricted`]; [`Error::Locked`]; when the file cannot be read.
    pub async fn patient_account(&self, query: AccountQuery) -> Result<PatientAccount, Error> {
        if !self.desk()?.may((Noun::Billing, Action::Read)) {
            return Err(Error::NotFound);
        }
        self.door_is_open(query.patient_id).await?;
        self.read(move |store| store.patient_account(query)).await
    }
}
