//! Letters and the address book: see `wattle_protocol::ipc::letters`.

use std::collections::BTreeMap;

use uuid::Uuid;
use wattle_domain::commands::{EditProvider, RecordProvider, SaveLetterTemplate, WriteLetter};
use wattle_domain::fields::{AllergyKind, EntryStatus, IdentifierKind, ObservationCode};
use wattle_domain::letter::open_part;
use wattle_domain::measure;
use wattle_domain::role::{Action, Noun};
use wattle_domain::{ClinicDate, DocumentId, NoteId, Rejection};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::letters::{
    AddressBookQuery, LetterDraft, LetterFieldsQuery, ProviderEntry, TemplateEntry,
};
use wattle_protocol::ipc::patients::{PatientQuery, PatientRecord};
use wattle_protocol::ipc::record::{ClinicalRecord, DiscardDraft, RecordQuery};

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// The address book.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn address_book(&self, query: AddressBookQuery) -> Result<Vec<ProviderEntry>, Error> {
        self.read(move |store| store.address_book(&query)).await
    }

    /// Adds somebody to the address book; a nil id is replaced by a new one.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn record_provider(&self, mut args: RecordProvider) -> Result<Written, Error> {
        self.fill(&mut args.provider_id.0);
        let id = args.provider_id;
        self.write(args, id).await
    }

    /// Changes fields of the address book.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_provider(&self, args: EditProvider) -> Result<Written, Error> {
        let id = args.edits.first().map(|edit| edit.row_id).unwrap_or_default();
        self.write(args, id).await
    }

    /// The clinic's own letters to begin with.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn letter_templates(&self) -> Result<Vec<TemplateEntry>, Error> {
        self.read(wattle_local_store::Store::letter_templates).await
    }

    /// Saves a letter to begin with; a nil id is replaced by a new one. Whoever calls has typeset a sample of it.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`]; a rule says no to one with a broken field, and to who has not seen what another
    /// computer wrote meanwhile.
    pub async fn save_letter_template(&self, mut args: SaveLetterTemplate) -> Result<Written, Error> {
        self.fill(&mut args.template_id.0);
        let id = args.template_id;
        self.write(args, id).await
    }

    /// What the fields of a template stand for; see [`wattle_domain::letter::FIELDS`]. One that is not known is missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such patient, or their roles do not let them read the record;
    /// [`Error::Locked`]; when the file cannot be read.
    pub async fn letter_fields(&self, query: LetterFieldsQuery) -> Result<BTreeMap<String, String>, Error> {
        let id = query.patient_id;
        let record = self.patient(PatientQuery { id }).await?;
        let clinical = self.clinical_record(RecordQuery { patient_id: id, all: false }).await?;
        let mut fields = BTreeMap::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        let patient = &record.patient;
        let name = super::papers::name(&record);
        let titled = patient.title.as_deref().map(|title| format!("{title} {}", patient.family_name));
        put("patient.title_name", Some(titled.unwrap_or_else(|| name.clone())));
        put("patient.name", Some(name));
        put("patient.born", patient.birth_date.map(ClinicDate::birth));
        put("patient.address", record.addresses.first().map(super::papers::address));
        put("patient.medicare", medicare(&record));
        put("problems", Some(problems(&clinical)));
        put("medicines", Some(medicines(&clinical)));
        put("allergies", Some(allergies(&clinical)));
        put("values", Some(values(&clinical)));
        let provider = match query.provider_id {
            Some(id) => self.read(move |store| store.provider(id)).await?,
            None => None,
        };
        put("provider.name", provider.map(|provider| provider.name));
        let (author, _) = self.signature(self.desk()?.user()).await?;
        put("author.name", Some(author));
        let clinic = self.clinic().await?;
        put("clinic.name", Some(clinic.name));
        let today = self.zone().await?.date(self.now());
        put("today", Some(today.long()));
        Ok(fields)
    }

    /// Files a letter, and its draft goes with it; `document_id` is the document that its typeset form became.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no, or a field of the template is still in the text; [`Error::Locked`]; when it
    /// could not be saved.
    pub async fn write_letter(
        &self,
        draft: LetterDraft,
        document_id: Option<DocumentId>,
    ) -> Result<Written, Error> {
        let LetterDraft { letter_id, patient_id, provider_id, recipient, subject, body } = draft;
        let mut letter_id = letter_id.map_or_else(Uuid::nil, Uuid::from);
        self.fill(&mut letter_id);
        let note_id = NoteId(letter_id);
        let letter_id = letter_id.into();
        let letter =
            WriteLetter { letter_id, patient_id, provider_id, recipient, subject, body, document_id };
        let written = self.write(letter, letter_id).await?;
        // Cut off before this, the draft is known to be done with: its letter has its id.
        self.discard_draft(DiscardDraft { note_id }).await?;
        Ok(written)
    }

    /// What `decide` says of a letter with an open field, asked before it is typeset and its document filed.
    ///
    /// # Errors
    /// [`Error::Rejected`].
    pub fn check_letter(draft: &LetterDraft) -> Result<(), Error> {
        if let Some(part) = open_part(&draft.recipient, &draft.subject, &draft.body) {
            return Err(Error::Rejected(Rejection::invalid(part)));
        }
        Ok(())
    }

    /// Whether the person at the desk may write letters.
    pub(super) fn may_write_letters(&self) -> Result<bool, Error> {
        Ok(self.desk()?.may((Noun::ClinicalRecord, Action::Write)))
    }
}

fn medicare(record: &PatientRecord) -> Option<String> {
    let card = record.identifiers.iter().find(|one| one.kind == IdentifierKind::Medicare)?;
    let reference = card.reference.as_deref().map(|reference| format!(" / {reference}")).unwrap_or_default();
    Some(format!("{}{reference}", card.value))
}

fn listed(lines: Vec<String>, none: &str) -> String {
    if lines.is_empty() {
        none.to_owned()
    } else {
        lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
    }
}

fn problems(clinical: &ClinicalRecord) -> String {
    let active = clinical.conditions.iter().filter(|one| one.status == EntryStatus::Active);
    listed(active.map(|one| one.text.clone()).collect(), "None written down.")
}

fn medicines(clinical: &ClinicalRecord) -> String {
    let active = clinical.medications.iter().filter(|one| one.status == EntryStatus::Active);
    let said = active.map(|one| match &one.directions {
        Some(directions) => format!("{}, {directions}", one.text),
        None => one.text.clone(),
    });
    listed(said.collect(), "None written down.")
}

fn allergies(clinical: &ClinicalRecord) -> String {
    let active: Vec<_> = clinical.allergies.iter().filter(|one| one.status == EntryStatus::Active).collect();
    if active.iter().any(|one| one.kind == AllergyKind::NilKnown) {
        return "Nil known.".to_owned();
    }
    let said = active.iter().filter_map(|one| {
        let substance = one.substance.as_deref()?;
        Some(
            one.reaction
                .as_deref()
                .map_or_else(|| substance.to_owned(), |reaction| format!("{substance}: {reaction}")),
        )
    });
    listed(said.collect(), "Not asked yet.")
}

/// The latest value of each kind.
fn values(clinical: &ClinicalRecord) -> String {
    let latest = ObservationCode::ALL.iter().filter_map(|code| {
        let value = clinical.observations.iter().find(|one| one.code == *code)?;
        let shown = measure::show(*code, value.value_milli?, value.second_milli);
        Some(format!("{}: {shown} {}", code.as_str().replace('_', " "), code.measure().unit_text))
    });
    listed(latest.collect(), "None written down.")
}
