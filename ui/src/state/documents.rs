//! The documents of the patient who is open, what is filed, and what is looked at.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wattle_domain::commands::{EditDocument, FieldEdit};
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_domain::role::{Action, Noun};
use wattle_domain::{PatientId, TableName};
use wattle_protocol::ipc::documents::{DocumentRef, Documents, DocumentsQuery, FileDocument, ShownDocument};

use crate::ipc;
use crate::state::desk::{Desk, Page};
use crate::state::live::Live;
use crate::state::patients::Patients;

/// Documents of whoever is open.
#[derive(Clone, Copy)]
pub(crate) struct Papers {
    /// The desk.
    pub(crate) desk: Desk,
    patient: Memo<Option<PatientId>>,
    live: Live<Documents>,
    /// What the next file is.
    pub(crate) kind: RwSignal<DocumentKind>,
    /// Files on their way in.
    pub(crate) filing: RwSignal<u32>,
    /// What is looked at.
    pub(crate) viewed: RwSignal<Option<ShownDocument>>,
}

impl Papers {
    /// Begins to follow who is open.
    pub(crate) fn new(desk: Desk, patients: Patients) -> Self {
        let patient = Memo::new(move |_| patients.open.get().filter(|_| desk.page.get() == Page::Patients));
        let live = Live::new(
            move || patient.get().map(|id| (id, desk.documents_moved())),
            |(patient_id, _)| ipc::documents::documents(DocumentsQuery { patient_id }),
        );
        let papers = Self {
            desk,
            patient,
            live,
            kind: RwSignal::new(DocumentKind::Form),
            filing: RwSignal::new(0),
            viewed: RwSignal::new(None),
        };
        // Nobody looks at one person's letter over another person's record.
        Effect::new(move |before: Option<Option<PatientId>>| {
            let now = patient.get();
            if before.is_some_and(|before| before != now) {
                papers.viewed.set(None);
            }
            now
        });
        papers
    }

    /// The documents, when they are those of the patient who is open.
    pub(crate) fn get(self) -> Vec<ShownDocument> {
        let Some(open) = self.patient.get() else { return Vec::new() };
        let of_open = |d: &&Documents| d.patient_id == open;
        self.live.value.with(|d| d.as_ref().filter(of_open).map(|d| d.documents.clone()).unwrap_or_default())
    }

    /// Whether they are here yet.
    pub(crate) fn are_here(self) -> bool {
        let open = self.patient.get();
        self.live.value.with(|d| d.as_ref().map(|d| d.patient_id)) == open
    }

    /// The name of who filed one.
    pub(crate) fn by(self, document: &ShownDocument) -> String {
        let named = self.live.value.with_untracked(|d| d.as_ref()?.names.get(&document.by?).cloned());
        named.unwrap_or_else(|| "somebody".to_owned())
    }

    /// The kinds that whoever is at the desk may file.
    pub(crate) fn kinds(self) -> Vec<DocumentKind> {
        let clinical = self.desk.may((Noun::ClinicalRecord, Action::Write));
        // A letter from us is written in Wattle, and comes in by no file.
        let by_file = |kind: &&DocumentKind| **kind != DocumentKind::OwnLetter;
        let may = |kind: &&DocumentKind| clinical || kind.table() == TableName::DeskDocument;
        DocumentKind::ALL.iter().filter(by_file).filter(may).copied().collect()
    }

    /// Files what was chosen, dropped or pasted.
    pub(crate) fn file(self, files: Vec<web_sys::File>, source: DocumentSource) {
        let Some(patient_id) = self.patient.get_untracked() else { return };
        let kind = self.kind.get_untracked();
        for file in files {
            self.filing.update(|n| *n += 1);
            spawn_local(async move {
                let name = file.name();
                let done = match read(&file).await {
                    Some(base64) => {
                        let title = String::new();
                        let args =
                            FileDocument { patient_id, kind, title, source, name: name.clone(), base64 };
                        ipc::documents::file_document(args).await.map(drop)
                    }
                    None => Err(wattle_protocol::ipc::CommandError::new(
                        wattle_protocol::ipc::FaultCode::FileEmpty,
                    )),
                };
                match done {
                    Ok(()) => self.desk.toasts.done("Filed, saved here.", Vec::new()),
                    Err(error) => self
                        .desk
                        .toasts
                        .fault_with(format!("{name}: {}", crate::words::fault(&error)), Vec::new()),
                }
                self.filing.try_update(|n| *n = n.saturating_sub(1));
            });
        }
    }

    /// Changes one field of a document's entry.
    pub(crate) fn edit(self, shown: &ShownDocument, field: &str, was: Value, now: Value) {
        let edit = FieldEdit {
            table: shown.table,
            row_id: shown.document.id.0,
            field: field.to_owned(),
            seen_rev: shown.rev,
            was,
            now,
        };
        let args = EditDocument { patient_id: shown.document.patient_id, edits: vec![edit] };
        spawn_local(async move {
            if let Err(error) = ipc::documents::edit_document(args).await {
                self.desk.toasts.fault(&error);
            }
        });
    }

    /// Withdraws a document, or takes that back.
    pub(crate) fn withdraw(self, shown: &ShownDocument) {
        use wattle_domain::fields::DocumentStatus::{Current, Withdrawn};
        let now = if shown.document.status == Current { Withdrawn } else { Current };
        self.edit(shown, "status", json!(shown.document.status), json!(now));
    }
}

/// Names a document to the shell.
pub(crate) fn reference(shown: &ShownDocument) -> DocumentRef {
    DocumentRef { document_id: shown.document.id, table: shown.table }
}

/// The bytes of a file as base64; `None` when the browser cannot read it.
async fn read(file: &web_sys::File) -> Option<String> {
    let reader = web_sys::FileReader::new().ok()?;
    let waits = reader.clone();
    let mut begin = move |resolve: js_sys::Function, _: js_sys::Function| {
        let done = Closure::once_into_js(move || drop(resolve.call0(&wasm_bindgen::JsValue::NULL)));
        waits.set_onloadend(Some(done.unchecked_ref()));
    };
    let promise = js_sys::Promise::new(&mut begin);
    reader.read_as_data_url(file).ok()?;
    wasm_bindgen_futures::JsFuture::from(promise).await.ok()?;
    let url = reader.result().ok()?.as_string()?;
    // `data:image/png;base64,…`; an empty file has nothing behind the comma, or no comma.
    Some(url.split_once(',').map(|(_, base64)| base64.to_owned()).unwrap_or_default())
}

/// From anywhere below the desk.
pub(crate) fn papers() -> Papers {
    expect_context::<Papers>()
}
