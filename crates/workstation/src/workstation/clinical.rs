//! The clinical record: see `wattle_protocol::ipc::record`.

use wattle_domain::commands::{
    EditEntry, EditRecall, RecordAllergy, RecordCondition, RecordMedication, RecordObservations,
    RecordRecall, SignNote,
};
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::record::{ClinicalRecord, DiscardDraft, NoteDraft, RecordQuery};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// A patient's clinical record, with the drafts of the person at the desk.
    ///
    /// # Errors
    /// [`Error::NotFound`] when their roles do not let them read it; [`Error::Restricted`]; [`Error::Locked`]; when the file cannot be read.
    pub async fn clinical_record(&self, query: RecordQuery) -> Result<ClinicalRecord, Error> {
        let desk = self.desk()?;
        if !desk.may((Noun::ClinicalRecord, Action::Read)) {
            return Err(Error::NotFound);
        }
        self.door_is_open(query.patient_id).await?;
        let viewer = desk.user();
        self.read(move |store| store.clinical_record(query, viewer)).await
    }

    /// Saves a note that is not signed yet, on disk when this returns; a nil id is replaced by a new one, which the answer
    /// has.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is somebody else's; [`Error::Locked`]; when it could not be saved.
    pub async fn save_draft(&self, mut draft: NoteDraft) -> Result<NoteDraft, Error> {
        let desk = self.desk()?;
        if !desk.may((Noun::ClinicalRecord, Action::Write)) {
            return Err(Error::NotFound);
        }
        self.fill(&mut draft.note_id.0);
        draft.saved_at = self.now();
        let (author, saved) = (desk.user(), draft.clone());
        let ours = self.read(move |store| store.save_draft(author, draft)).await?;
        if ours { Ok(saved) } else { Err(Error::NotFound) }
    }

    /// Forgets a draft.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be written.
    pub async fn discard_draft(&self, args: DiscardDraft) -> Result<(), Error> {
        let author = self.desk()?.user();
        self.read(move |store| store.discard_draft(author, args.note_id)).await
    }

    /// Signs a note; its draft goes with it. Cut off in between, the draft is known to be done with: its note has its id.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no (the draft stays); [`Error::Locked`]; when it could not be saved.
    pub async fn sign_note(&self, mut args: SignNote) -> Result<Written, Error> {
        self.fill(&mut args.note_id.0);
        let note_id = args.note_id;
        let written = self.write(args, note_id).await?;
        self.discard_draft(DiscardDraft { note_id }).await?;
        Ok(written)
    }

    /// Notes an allergy, an intolerance or nil known; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_allergy(&self, mut args: RecordAllergy) -> Result<Written, Error> {
        self.fill(&mut args.allergy_id.0);
        let id = args.allergy_id;
        self.write(args, id).await
    }

    /// Notes a problem; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_condition(&self, mut args: RecordCondition) -> Result<Written, Error> {
        self.fill(&mut args.condition_id.0);
        let id = args.condition_id;
        self.write(args, id).await
    }

    /// Enters a medicine; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_medication(&self, mut args: RecordMedication) -> Result<Written, Error> {
        self.fill(&mut args.medication_id.0);
        let id = args.medication_id;
        self.write(args, id).await
    }

    /// Changes fields of allergies, problems and medicines.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_entry(&self, args: EditEntry) -> Result<Written, Error> {
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// Notes measured values; nil ids are replaced by new ones.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_observations(&self, mut args: RecordObservations) -> Result<Written, Error> {
        for observation in &mut args.observations {
            self.fill(&mut observation.id.0);
        }
        let id = args.patient_id;
        self.write(args, id).await
    }

    /// Makes a recall; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_recall(&self, mut args: RecordRecall) -> Result<Written, Error> {
        self.fill(&mut args.recall_id.0);
        let id = args.recall_id;
        self.write(args, id).await
    }

    /// Changes fields of recalls.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_recall(&self, args: EditRecall) -> Result<Written, Error> {
        let id = args.patient_id;
        self.write(args, id).await
    }
}
