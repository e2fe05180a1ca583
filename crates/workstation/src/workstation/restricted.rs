//! Restricted records: see `wattle_protocol::ipc::patients`.

use wattle_domain::PatientId;
use wattle_domain::commands::{BreakGlass, RestrictPatient, SeeGlass};
use wattle_domain::restriction::Door;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::patients::{PatientQuery, RestrictionForm};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Whether the person at the desk may look at what is in a patient's record now.
    ///
    /// # Errors
    /// [`Error::Restricted`] while it is shut to them; [`Error::Locked`]; when the file cannot be read.
    pub(super) async fn door_is_open(&self, patient: PatientId) -> Result<(), Error> {
        let viewer = self.desk()?.user();
        match self.read(move |store| store.door(patient, viewer)).await? {
            Door::Shut => Err(Error::Restricted),
            _ => Ok(()),
        }
    }

    /// To whom a record is open, and everybody who could be named.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn restriction(&self, query: PatientQuery) -> Result<RestrictionForm, Error> {
        self.read(move |store| store.restriction(query.id)).await
    }

    /// Shuts a record to all but some, or opens it to all again.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn restrict_patient(&self, args: RestrictPatient) -> Result<Written, Error> {
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// Opens a restricted record for an hour to the person at the desk; also without the server.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn break_glass(&self, args: BreakGlass) -> Result<Written, Error> {
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// The person at the desk has looked at the notice of a broken glass.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn see_glass(&self, args: SeeGlass) -> Result<Written, Error> {
        self.write(args, args.glass_id).await
    }
}
