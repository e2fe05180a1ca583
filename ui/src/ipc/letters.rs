//! Letters, the address book, and a record out of the house.

use std::collections::BTreeMap;

use wattle_domain::commands::{EditProvider, RecordConsent, RecordProvider, SaveLetterTemplate};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::letters::{
    AddressBookQuery, ExportFhir, LetterDraft, LetterFieldsQuery, ProviderEntry, Saved, TemplateEntry,
};

use super::{Answer, ask, call};

/// `address_book`.
pub(crate) async fn address_book(args: AddressBookQuery) -> Answer<Vec<ProviderEntry>> {
    call("address_book", &args).await
}

/// `record_provider`.
pub(crate) async fn record_provider(args: RecordProvider) -> Answer<Written> {
    call("record_provider", &args).await
}

/// `edit_provider`.
pub(crate) async fn edit_provider(args: EditProvider) -> Answer<Written> {
    call("edit_provider", &args).await
}

/// `letter_templates`.
pub(crate) async fn letter_templates() -> Answer<Vec<TemplateEntry>> {
    ask("letter_templates").await
}

/// `save_letter_template`.
pub(crate) async fn save_letter_template(args: SaveLetterTemplate) -> Answer<Written> {
    call("save_letter_template", &args).await
}

/// `letter_fields`.
pub(crate) async fn letter_fields(args: LetterFieldsQuery) -> Answer<BTreeMap<String, String>> {
    call("letter_fields", &args).await
}

/// `file_letter`.
pub(crate) async fn file_letter(args: LetterDraft) -> Answer<Written> {
    call("file_letter", &args).await
}

/// `record_consent`.
pub(crate) async fn record_consent(args: RecordConsent) -> Answer<Written> {
    call("record_consent", &args).await
}

/// `export_fhir`.
pub(crate) async fn export_fhir(args: ExportFhir) -> Answer<Option<Saved>> {
    call("export_fhir", &args).await
}
