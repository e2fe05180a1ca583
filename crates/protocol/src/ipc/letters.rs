//! Letters and the address book. Commands: `address_book(AddressBookQuery) -> Vec<ProviderEntry>`, `record_provider`,
//! `edit_provider`, `letter_fields(LetterFieldsQuery) -> BTreeMap<String, String>`, `file_letter(LetterDraft) -> Written`,
//! `letter_templates() -> Vec<TemplateEntry>`, `save_letter_template`, `export_fhir(ExportFhir) -> Option<Saved>`, `record_consent`: the domain's commands as they are; a nil id asks the shell
//! for a new one.

use serde::{Deserialize, Serialize};
use wattle_domain::entities::{ExternalProvider, LetterTemplate};
use wattle_domain::{LetterId, PatientId, ProviderId, Rev};

/// Arguments of `address_book`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBookQuery {
    /// Words of name, profession, organisation or suburb; everybody if empty.
    pub query: String,
    /// Also those who are not offered any more.
    #[serde(default)]
    pub closed: bool,
}

/// Somebody in the address book, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderEntry {
    /// Who.
    pub provider: ExternalProvider,
    /// Revision, for `seen_rev`.
    pub rev: Rev,
    /// Not yet on the server.
    pub pending: bool,
}

/// A letter to begin with, of the clinic's own, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateEntry {
    /// It.
    pub template: LetterTemplate,
    /// Revision, for `seen_rev`.
    pub rev: Rev,
    /// Not yet on the server.
    pub pending: bool,
}

/// Arguments of `letter_fields`: what a template's `{{fields}}` stand for, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterFieldsQuery {
    /// About whom.
    pub patient_id: PatientId,
    /// To whom, when they are in the address book.
    #[serde(default)]
    pub provider_id: Option<ProviderId>,
}

/// A letter that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterDraft {
    /// The id that it gets, that of its draft; `None` asks for a new one.
    #[serde(default)]
    pub letter_id: Option<LetterId>,
    /// About whom.
    pub patient_id: PatientId,
    /// To whom, when they are in the address book.
    #[serde(default)]
    pub provider_id: Option<ProviderId>,
    /// Name and address, a line each.
    pub recipient: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Where it lies.
    pub path: String,
}

/// Arguments of `export_fhir`. The patient's consent must have been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFhir {
    /// Whose record.
    pub patient_id: PatientId,
    /// Ask where, with the system's dialog; otherwise into the folder for downloads.
    pub ask: bool,
}
