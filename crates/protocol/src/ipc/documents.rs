//! The documents of a patient. Commands: `documents(DocumentsQuery) -> Documents`, `file_document(FileDocument) -> Written`,
//! `edit_document` (the domain's command as it is), `document_thumbnail(DocumentRef) -> Picture`,
//! `document_view(ViewDocument) -> View`, `find_in_document(FindInDocument) -> Vec<u32>`,
//! `open_document_outside(DocumentRef)`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wattle_domain::entities::Document;
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_domain::{DocumentId, PatientId, Rev, TableName, UserId};

/// Arguments of `documents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsQuery {
    /// Whose.
    pub patient_id: PatientId,
}

/// A patient's documents, newest first, as far as this person may see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Documents {
    /// Whose.
    pub patient_id: PatientId,
    /// The documents.
    pub documents: Vec<ShownDocument>,
    /// Display names of the users that appear.
    pub names: BTreeMap<UserId, String>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownDocument {
    /// What the row says.
    pub document: Document,
    /// The table that the row is in.
    pub table: TableName,
    /// For `seen_rev`.
    pub rev: Rev,
    /// Who filed it.
    pub by: Option<UserId>,
    /// The row is not yet on the server.
    pub pending: bool,
    /// Where the bytes are.
    pub bytes: Bytes,
    /// The name of the workstation that still has them, for [`Bytes::Elsewhere`].
    pub waits_on: Option<String>,
}

/// Where a document's bytes are, as seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// Here, and on their way to the server.
    Sending,
    /// Here; the server refuses them: what came is not what was filed. Kept.
    Refused,
    /// Here and at the server.
    Here,
    /// At the server, not here.
    Server,
    /// Still on another workstation.
    Elsewhere,
    /// The server has lost them, and they are not here.
    Lost,
    /// They should be here, and the file is gone or broken.
    Missing,
}

/// Names a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRef {
    /// Which.
    pub document_id: DocumentId,
    /// `document` or `desk_document`.
    pub table: TableName,
}

/// Arguments of `file_document`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDocument {
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
    /// The bytes, base64.
    pub base64: String,
}

/// Arguments of `document_view`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewDocument {
    /// Which.
    #[serde(flatten)]
    pub document: DocumentRef,
    /// The page, from 0; of a picture there is one.
    pub page: u32,
    /// The longest edge wanted, pixels.
    pub edge_px: u32,
    /// It is opened just now, not turned or zoomed: that is noted in the audit log.
    pub opened: bool,
}

/// Arguments of `find_in_document`; the answer are the pages, from 0, that have the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindInDocument {
    /// Which.
    #[serde(flatten)]
    pub document: DocumentRef,
    /// Words as typed.
    pub words: String,
}

/// A picture that is drawn here from a document's bytes; the bytes themselves never reach the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// `data:image/png;base64,…`
    pub src: String,
    /// Pixels.
    pub width_px: u32,
    /// Pixels.
    pub height_px: u32,
}

/// What is shown of a document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    /// A page, or a picture.
    Page {
        /// It.
        picture: Picture,
        /// How many there are.
        pages: u32,
    },
    /// Text.
    Text {
        /// It.
        text: String,
    },
    /// Nothing that is shown here: it opens outside, after a warning.
    Outside,
}

impl std::fmt::Debug for FileDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileDocument").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { width_px, height_px, .. } = self;
        write!(f, "Picture({width_px} x {height_px})")
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Page { picture, pages } => write!(f, "Page({picture:?} of {pages})"),
            Self::Text { text } => write!(f, "Text({} bytes)", text.len()),
            Self::Outside => f.write_str("Outside"),
        }
    }
}
