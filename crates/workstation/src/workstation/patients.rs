//! Patients: see `wattle_protocol::ipc::patients`.

use wattle_domain::commands::{Access, EditPatient, NoteAccess, RegisterPatient};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::patients::{
    PatientDraft, PatientHit, PatientQuery, PatientRecord, PossibleDuplicate, SearchPatients,
};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Finds people as one types.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn search_patients(&self, query: SearchPatients) -> Result<Vec<PatientHit>, Error> {
        let asked = !query.query.trim().is_empty();
        let hits = self.read(move |store| store.search_patients(&query)).await?;
        if asked {
            self.searched(hits.len()).await;
        }
        Ok(hits)
    }

    /// One person with what hangs on them, as far as their record is open to whoever is at the desk.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Locked`]; when the file cannot be read.
    pub async fn patient(&self, query: PatientQuery) -> Result<PatientRecord, Error> {
        let viewer = self.desk()?.user();
        self.read(move |store| store.patient_for(query.id, viewer)).await?.ok_or(Error::NotFound)
    }

    /// Notes that the person at the desk has looked at a record: it goes into the audit log, also offline.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn note_access(&self, args: NoteAccess) -> Result<Written, Error> {
        if args.access == Access::Opened {
            self.forget_search();
        }
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// People who may be the one being registered.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn possible_duplicates(&self, draft: PatientDraft) -> Result<Vec<PossibleDuplicate>, Error> {
        self.read(move |store| store.possible_duplicates(&draft)).await
    }

    /// Adds a person; nil ids are replaced by new ones.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no; [`Error::Locked`]; when it could not be saved.
    pub async fn register_patient(&self, mut args: RegisterPatient) -> Result<Written, Error> {
        self.fill(&mut args.patient_id.0);
        self.fill_parts(&mut args.parts);
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// Changes some fields of a person; nil ids of new rows are replaced by new ones.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_patient(&self, mut args: EditPatient) -> Result<Written, Error> {
        self.fill_parts(&mut args.parts);
        let id = args.patient_id;
        self.write(args, id).await
    }
}
