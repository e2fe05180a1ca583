//! Documents: see `wattle_protocol::ipc::documents`.
//!
//! Bytes are put down here before the command that speaks of them is saved, and are carried to the server and from it apart
//! from the sync of rows (`carry`).

mod carry;
mod show;
mod transfer;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Notify;
use uuid::Uuid;
use wattle_document::{Hasher, sniff};
use wattle_domain::commands::{AddDocument, EditDocument, LARGEST_DOCUMENT_BYTES};
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_domain::{DocumentId, PatientId};
use wattle_local_store::DocumentRow;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::{Bytes, Documents, DocumentsQuery, FileDocument, ShownDocument};

use super::Workstation;
use crate::desk::Desk;
use crate::error::Error;
use crate::shelf::Lies;

pub(super) use carry::carry_documents;
pub(super) use show::draw;

/// What the carrying of bytes is told, and remembers while the desk stands.
#[derive(Default)]
pub(crate) struct Porter {
    wake: Notify,
    /// Documents that the server found to be other than their rows say, more than once.
    refused: Mutex<BTreeSet<DocumentId>>,
    /// Documents whose file here does not open.
    broken: Mutex<BTreeSet<DocumentId>>,
}

impl Porter {
    /// Something is to be carried.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    fn note(list: &Mutex<BTreeSet<DocumentId>>, id: DocumentId) {
        list.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    fn has(list: &Mutex<BTreeSet<DocumentId>>, id: DocumentId) -> bool {
        list.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// A file on its way in.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Whose.
    pub patient_id: PatientId,
    /// What it is.
    pub kind: DocumentKind,
    /// What people call it; the file's name when empty.
    pub title: String,
    /// How it came in.
    pub source: DocumentSource,
    /// The file's name; its ending must fit the bytes.
    pub name: String,
}

impl Workstation {
    /// A patient's documents, newest first.
    ///
    /// # Errors
    /// [`Error::Restricted`]; [`Error::Locked`], or when the file cannot be read.
    pub async fn documents(&self, query: DocumentsQuery) -> Result<Documents, Error> {
        let desk = self.desk()?;
        let patient_id = query.patient_id;
        self.door_is_open(patient_id).await?;
        let (rows, names) = self.read(move |store| store.documents(patient_id)).await?;
        let documents = rows.into_iter().map(|row| shown(&desk, row)).collect();
        Ok(Documents { patient_id, documents, names })
    }

    /// Files a document: its bytes are on this computer's disk, sealed, and the command is saved, when this returns. They go
    /// to the server when it can be reached. A letter that is written here goes the same way.
    ///
    /// # Errors
    /// [`Error::Unfit`], [`Error::TooLarge`]: nothing was kept; [`Error::Rejected`] when a rule says no; [`Error::Locked`];
    /// when it could not be saved.
    pub async fn file_document(&self, new: NewDocument, bytes: Vec<u8>) -> Result<Written, Error> {
        let desk = self.desk()?;
        let size_bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if size_bytes > LARGEST_DOCUMENT_BYTES {
            return Err(Error::TooLarge);
        }
        let document_id = DocumentId(Uuid::now_v7());
        let (shelf, name) = (desk.shelf.clone(), new.name.clone());
        let put = tokio::task::spawn_blocking(move || {
            let sniffed = sniff(&name, &bytes)?;
            let mut hasher = Hasher::default();
            hasher.update(&bytes);
            // Before the command: a row whose bytes nobody has must never be.
            shelf.put(Lies::Up, document_id, &bytes)?;
            Ok::<_, Error>((sniffed.mime, hasher.finish()))
        });
        let (mime, sha256) = put.await??;
        let title = if new.title.trim().is_empty() { title_of(&new.name) } else { new.title };
        let command = AddDocument {
            document_id,
            patient_id: new.patient_id,
            kind: new.kind,
            title,
            source: new.source,
            mime: mime.to_owned(),
            size_bytes,
            sha256,
        };
        let written = self.write(command, document_id).await;
        if matches!(written, Err(Error::Rejected(_))) {
            desk.shelf.forget_unsent(document_id)?;
        }
        desk.porter.wake.notify_one();
        written
    }

    /// The same for the page, which has the bytes as text.
    ///
    /// # Errors
    /// As [`Workstation::file_document`].
    pub async fn file_document_from_page(&self, args: FileDocument) -> Result<Written, Error> {
        let most = usize::try_from(LARGEST_DOCUMENT_BYTES).unwrap_or(usize::MAX);
        if args.base64.len() / 4 > most / 3 + 1 {
            return Err(Error::TooLarge);
        }
        let bytes = STANDARD.decode(&args.base64).map_err(|_| Error::Unfit(wattle_document::Unfit::Empty))?;
        let FileDocument { patient_id, kind, title, source, name, .. } = args;
        self.file_document(NewDocument { patient_id, kind, title, source, name }, bytes).await
    }

    /// Gives documents another title, or withdraws them.
    ///
    /// # Errors
    /// As [`Workstation::register_patient`].
    pub async fn edit_document(&self, args: EditDocument) -> Result<Written, Error> {
        let id = args.patient_id;
        self.write(args, id).await
    }
}

/// A file's name without its ending.
pub(super) fn title_of(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let title = name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim();
    let title: String = title.chars().take(200).collect();
    if title.is_empty() { "Document".to_owned() } else { title }
}

fn shown(desk: &Desk, row: DocumentRow) -> ShownDocument {
    let here = desk.shelf.lies(row.document.id);
    let id = row.document.id;
    let ours = row.document.workstation_id == desk.file().owner.workstation;
    let stored = row.document.stored_at.is_some();
    let bytes = match here {
        Some(_) if Porter::has(&desk.porter.broken, id) => Bytes::Missing,
        Some(Lies::Up) if Porter::has(&desk.porter.refused, id) => Bytes::Refused,
        Some(Lies::Up) => Bytes::Sending,
        Some(Lies::Kept | Lies::Unfiled) => Bytes::Here,
        None if row.document.lost_at.is_some() => Bytes::Lost,
        None if stored => Bytes::Server,
        None if ours => Bytes::Missing,
        None => Bytes::Elsewhere,
    };
    let waits_on = (bytes == Bytes::Elsewhere)
        .then(|| desk.keeper.facts().workstation_names.get(&row.document.workstation_id).cloned())
        .flatten();
    let DocumentRow { document, table, rev, by, pending } = row;
    ShownDocument { document, table, rev, by, pending, bytes, waits_on }
}
