//! Who sees patients: see `wattle_protocol::ipc::practitioners`.

use wattle_domain::commands::{EditPractitioner, NewProviderNumber, RecordPractitioner};
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::practitioners::Roster;

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Everybody who sees patients or did.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not theirs to keep; [`Error::Locked`]; when the file cannot be read.
    pub async fn practitioners(&self) -> Result<Roster, Error> {
        if !self.desk()?.may((Noun::Practitioner, Action::Write)) {
            return Err(Error::NotFound);
        }
        self.read(|store| store.roster()).await
    }

    /// Adds somebody; nil ids are replaced by new ones.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_practitioner(&self, mut args: RecordPractitioner) -> Result<Written, Error> {
        self.fill(&mut args.practitioner_id.0);
        self.fill_numbers(&mut args.provider_numbers);
        let id = args.practitioner_id;
        self.write(args, id).await
    }

    /// Changes fields of somebody, closes or opens their column.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_practitioner(&self, mut args: EditPractitioner) -> Result<Written, Error> {
        self.fill_numbers(&mut args.provider_numbers);
        let id = args.practitioner_id;
        self.write(args, id).await
    }

    fn fill_numbers(&self, numbers: &mut [NewProviderNumber]) {
        for number in numbers {
            self.fill(&mut number.id);
        }
    }
}
