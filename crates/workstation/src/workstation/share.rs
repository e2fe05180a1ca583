//! One patient's record out of the house, with their consent: see `wattle_protocol::ipc::letters::ExportFhir`.

use std::path::Path;

use uuid::Uuid;
use wattle_domain::commands::{Access, NoteAccess, RecordConsent};
use wattle_domain::entities::Consent;
use wattle_domain::fields::ConsentKind;
use wattle_domain::{PatientId, Rejection};
use wattle_fhir::Source;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::letters::Saved;
use wattle_protocol::ipc::patients::PatientQuery;
use wattle_protocol::ipc::record::RecordQuery;

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Notes a patient's consent, or that it was taken back; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_consent(&self, mut args: RecordConsent) -> Result<Written, Error> {
        self.fill(&mut args.consent_id.0);
        let id = args.consent_id;
        self.write(args, id).await
    }

    /// What an export would be called. No name of a person: files are seen by whoever looks over a shoulder.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Locked`]; when the file cannot be read.
    pub async fn fhir_name(&self, patient: PatientId) -> Result<String, Error> {
        let record = self.patient(PatientQuery { id: patient }).await?;
        let number = record.patient.record_number.unwrap_or_else(|| "new".to_owned());
        let day = self.zone().await?.date(self.now());
        Ok(format!("patient-{number}-{}.fhir.json", day.0.format("%Y%m%d")))
    }

    /// Writes a patient's record as an AU Core document into a file, whole or not at all; the export is an entry of the log,
    /// made before the file has its name.
    ///
    /// # Errors
    /// [`Error::Rejected`] without the patient's consent (field `consent`); [`Error::NotFound`] when the person's roles do not
    /// let them read the record; [`Error::Locked`]; when the file cannot be written.
    pub async fn export_fhir(&self, patient_id: PatientId, path: &Path) -> Result<Saved, Error> {
        let record = self.patient(PatientQuery { id: patient_id }).await?;
        if !Consent::stands(&record.consents, ConsentKind::ShareRecord) {
            return Err(Error::Rejected(Rejection::invalid("consent")));
        }
        let clinical = self.clinical_record(RecordQuery { patient_id, all: true }).await?;
        let clinic = self.clinic().await?;
        let practitioners = self.read(wattle_local_store::Store::practitioners).await?;
        let user = self.desk()?.user();
        let name = self.read(move |store| Ok(store.user_names()?.remove(&user))).await?.unwrap_or_default();
        let mut id = Uuid::nil();
        self.fill(&mut id);
        let document = wattle_fhir::document(&Source {
            record: &record,
            clinical: &clinical,
            clinic: &clinic,
            practitioners: &practitioners,
            author: (user, &name),
            at: self.now(),
            id,
        });
        let partial = path.with_extension("part");
        let written = serde_json::to_vec_pretty(&document)
            .map_err(std::io::Error::other)
            .and_then(|bytes| std::fs::write(&partial, bytes));
        let noted = match written {
            Ok(()) => self
                .write(NoteAccess { patient_id, access: Access::Exported }, patient_id.0)
                .await
                .map(|_| ()),
            Err(error) => Err(Error::from(error)),
        };
        if let Err(error) = noted.and_then(|()| Ok(std::fs::rename(&partial, path)?)) {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        Ok(Saved { path: path.display().to_string() })
    }
}
