//! What is shown of a document: pixels and text that are made here. The bytes themselves never reach the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wattle_document_view::{Drawn, find, page, pages, picture};
use wattle_domain::commands::{Access, NoteAccess};
use wattle_local_store::DocumentRow;
use wattle_protocol::ipc::documents::{DocumentRef, FindInDocument, Picture, View, ViewDocument};

use super::super::Workstation;
use super::transfer::{Way, size};
use crate::error::Error;
use crate::folder::make_private;

/// The longest edge of a thumbnail, pixels: twice what the list shows, for fine screens.
const THUMBNAIL_PX: u32 = 160;
/// The most text that is shown, bytes.
const MOST_TEXT_BYTES: usize = 2 << 20;

impl Workstation {
    /// A small picture of a document whose bytes are here. None is fetched for it.
    ///
    /// # Errors
    /// [`Error::NotHere`], [`Error::CannotShow`]; [`Error::Locked`].
    pub async fn document_thumbnail(&self, document: DocumentRef) -> Result<Picture, Error> {
        let row = self.document_row(document).await?;
        let desk = self.desk()?;
        let (shelf, id, size) = (desk.shelf.clone(), row.document.id, size(&row));
        let bytes =
            tokio::task::spawn_blocking(move || shelf.read(id, size)).await??.ok_or(Error::NotHere)?;
        match draw(row.document.mime, bytes, 0, THUMBNAIL_PX).await? {
            View::Page { picture, .. } => Ok(picture),
            View::Text { .. } | View::Outside => Err(wattle_document_view::Error::NoPage.into()),
        }
    }

    /// Shows a document; its bytes are fetched when they are not here. That it was opened is noted like the opening of a
    /// record, also offline.
    ///
    /// # Errors
    /// [`Error::NotHere`], [`Error::CannotShow`]; [`Error::Locked`].
    pub async fn document_view(&self, args: ViewDocument) -> Result<View, Error> {
        let row = self.document_row(args.document).await?;
        if args.opened {
            self.note_opened(&row).await?;
        }
        let bytes = self.document_bytes(&row).await?;
        draw(row.document.mime, bytes, args.page, args.edge_px).await
    }

    /// The pages of a document that have some words.
    ///
    /// # Errors
    /// As [`Workstation::document_view`].
    pub async fn find_in_document(&self, args: FindInDocument) -> Result<Vec<u32>, Error> {
        let row = self.document_row(args.document).await?;
        if row.document.mime != "application/pdf" {
            return Ok(Vec::new());
        }
        let bytes = self.document_bytes(&row).await?;
        let found = tokio::task::spawn_blocking(move || find(&bytes, &args.words)).await;
        // The library may panic over a broken file.
        Ok(found.unwrap_or(Err(wattle_document_view::Error::Broken))?)
    }

    /// Opens a document with the program that the system has for it: a copy in the clear, which the next start of the app
    /// removes. Whoever calls has warned of it.
    ///
    /// # Errors
    /// As [`Workstation::document_view`]; [`Error::Io`] when no program takes it.
    pub async fn open_document_outside(&self, document: DocumentRef) -> Result<(), Error> {
        let row = self.document_row(document).await?;
        self.note_opened(&row).await?;
        let bytes = self.document_bytes(&row).await?;
        let folder = self.0.folder.outside();
        tokio::task::spawn_blocking(move || {
            make_private(&folder)?;
            // Nothing of the patient is in its name.
            let path = folder.join(format!("{}.{}", row.document.id, ending(&row.document.mime)));
            std::fs::write(&path, bytes)?;
            Ok::<_, Error>(open::that_detached(path)?)
        })
        .await?
    }

    async fn document_row(&self, document: DocumentRef) -> Result<DocumentRow, Error> {
        let DocumentRef { document_id, table } = document;
        let row = self.read(move |store| store.document(table, document_id)).await?.ok_or(Error::NotFound)?;
        self.door_is_open(row.document.patient_id).await?;
        Ok(row)
    }

    async fn note_opened(&self, row: &DocumentRow) -> Result<(), Error> {
        let noted = NoteAccess { patient_id: row.document.patient_id, access: Access::Downloaded };
        self.note_access(noted).await.map(drop)
    }

    async fn document_bytes(&self, row: &DocumentRow) -> Result<Vec<u8>, Error> {
        let desk = self.desk()?;
        let (shelf, id, size) = (desk.shelf.clone(), row.document.id, size(row));
        if let Some(bytes) = tokio::task::spawn_blocking(move || shelf.read(id, size)).await?? {
            return Ok(bytes);
        }
        let url = self.record().ok_or(Error::NotSetUp)?.server_url;
        let bytes = Way::new(&url, desk)?.fetch(row).await?;
        self.tell_document(row);
        Ok(bytes)
    }
}

pub(in super::super) async fn draw(
    mime: String,
    bytes: Vec<u8>,
    number: u32,
    edge_px: u32,
) -> Result<View, Error> {
    let drawn = tokio::task::spawn_blocking(move || match mime.as_str() {
        "application/pdf" => {
            let drawn = page(&bytes, number, edge_px)?;
            Ok(View::Page { picture: shown(&drawn), pages: pages(&bytes)? })
        }
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp" | "image/tiff" => {
            Ok(View::Page { picture: shown(&picture(&bytes, edge_px)?), pages: 1 })
        }
        text if text.starts_with("text/") => {
            let shown = bytes.get(..MOST_TEXT_BYTES.min(bytes.len())).unwrap_or_default();
            Ok(View::Text { text: String::from_utf8_lossy(shown).into_owned() })
        }
        _ => Ok(View::Outside),
    });
    // The libraries may panic over a broken file.
    Ok(drawn.await.unwrap_or(Err(wattle_document_view::Error::Broken))?)
}

fn shown(drawn: &Drawn) -> Picture {
    Picture {
        src: format!("data:image/png;base64,{}", STANDARD.encode(&drawn.png)),
        width_px: drawn.width_px,
        height_px: drawn.height_px,
    }
}

/// What a copy outside is to end with, so that the system knows what opens it.
fn ending(mime: &str) -> &'static str {
    match mime {
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/bmp" => "bmp",
        "image/tiff" => "tif",
        "image/heif" => "heic",
        "application/rtf" => "rtf",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        // HTML would run its scripts in a browser: it opens as text.
        text if text.starts_with("text/") => "txt",
        _ => "bin",
    }
}
