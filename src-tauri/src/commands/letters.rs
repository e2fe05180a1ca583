//! Letters, the address book, and a record out of the house. See `wattle_protocol::ipc::letters`.

use std::collections::BTreeMap;

use tauri::{AppHandle, WebviewWindow};
use wattle_domain::commands::{EditProvider, RecordConsent, RecordProvider, SaveLetterTemplate};
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_papers::Paper;
use wattle_protocol::ipc::letters::{
    AddressBookQuery, ExportFhir, LetterDraft, LetterFieldsQuery, ProviderEntry, Saved, TemplateEntry,
};
use wattle_protocol::ipc::papers::PaperQuery;
use wattle_protocol::ipc::{CommandError, FaultCode, Written};
use wattle_workstation::{NewDocument, Workstation};

use super::papers::typeset;
use super::{Answer, Desk, where_to};

/// The address book.
#[tauri::command]
pub(crate) async fn address_book(desk: Desk<'_>, args: AddressBookQuery) -> Answer<Vec<ProviderEntry>> {
    Ok(desk.address_book(args).await?)
}

/// Somebody new in it.
#[tauri::command]
pub(crate) async fn record_provider(desk: Desk<'_>, args: RecordProvider) -> Answer<Written> {
    Ok(desk.record_provider(args).await?)
}

/// Changes fields of it.
#[tauri::command]
pub(crate) async fn edit_provider(desk: Desk<'_>, args: EditProvider) -> Answer<Written> {
    Ok(desk.edit_provider(args).await?)
}

/// The clinic's own letters to begin with.
#[tauri::command]
pub(crate) async fn letter_templates(desk: Desk<'_>) -> Answer<Vec<TemplateEntry>> {
    Ok(desk.letter_templates().await?)
}

/// Saves one, when a sample of it can be typeset.
#[tauri::command]
pub(crate) async fn save_letter_template(desk: Desk<'_>, args: SaveLetterTemplate) -> Answer<Written> {
    let (subject, body) = (args.subject.clone(), args.body.clone());
    let text = desk.paper(PaperQuery::Sample { subject, body }).await?;
    typeset(text, |paper| Ok(paper.pages())).await?;
    Ok(desk.save_letter_template(args).await?)
}

/// What the fields of a template stand for.
#[tauri::command]
pub(crate) async fn letter_fields(
    desk: Desk<'_>,
    args: LetterFieldsQuery,
) -> Answer<BTreeMap<String, String>> {
    Ok(desk.letter_fields(args).await?)
}

/// Files a letter: typeset as it will be printed, among the patient's documents, and as text in the record.
#[tauri::command]
pub(crate) async fn file_letter(desk: Desk<'_>, args: LetterDraft) -> Answer<Written> {
    Workstation::check_letter(&args)?;
    let text = desk.paper(PaperQuery::Draft(args.clone())).await?;
    let pdf = typeset(text, Paper::pdf).await?;
    let document = NewDocument {
        patient_id: args.patient_id,
        kind: DocumentKind::OwnLetter,
        title: args.subject.clone(),
        source: DocumentSource::Written,
        name: "letter.pdf".to_owned(),
    };
    let filed = desk.file_document(document, pdf).await?;
    Ok(desk.write_letter(args, Some(filed.id.into())).await?)
}

/// A patient's consent.
#[tauri::command]
pub(crate) async fn record_consent(desk: Desk<'_>, args: RecordConsent) -> Answer<Written> {
    Ok(desk.record_consent(args).await?)
}

/// A patient's record as a FHIR document; `None` when the person was asked where and thought better of it.
#[tauri::command]
pub(crate) async fn export_fhir(
    app: AppHandle,
    window: WebviewWindow,
    desk: Desk<'_>,
    args: ExportFhir,
) -> Answer<Option<Saved>> {
    let name = desk.fhir_name(args.patient_id).await?;
    let path = if args.ask {
        where_to::ask(&app, &window, "Save the record", name, ("FHIR document", "json")).await
    } else {
        let folder = where_to::downloads().ok_or(CommandError::new(FaultCode::NotSaved))?;
        Some(folder.join(name))
    };
    match path {
        Some(path) => Ok(Some(desk.export_fhir(args.patient_id, &path).await?)),
        None => Ok(None),
    }
}
