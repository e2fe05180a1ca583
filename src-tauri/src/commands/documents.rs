//! Documents. See `wattle_protocol::ipc::documents`.

use wattle_domain::commands::EditDocument;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::{
    DocumentRef, Documents, DocumentsQuery, FileDocument, FindInDocument, Picture, View, ViewDocument,
};

use super::{Answer, Desk};

/// A patient's documents.
#[tauri::command]
pub(crate) async fn documents(desk: Desk<'_>, args: DocumentsQuery) -> Answer<Documents> {
    Ok(desk.documents(args).await?)
}

/// Files a document.
#[tauri::command]
pub(crate) async fn file_document(desk: Desk<'_>, args: FileDocument) -> Answer<Written> {
    Ok(desk.file_document_from_page(args).await?)
}

/// Changes title or status of documents.
#[tauri::command]
pub(crate) async fn edit_document(desk: Desk<'_>, args: EditDocument) -> Answer<Written> {
    Ok(desk.edit_document(args).await?)
}

/// A small picture of a document.
#[tauri::command]
pub(crate) async fn document_thumbnail(desk: Desk<'_>, args: DocumentRef) -> Answer<Picture> {
    Ok(desk.document_thumbnail(args).await?)
}

/// A page of a document.
#[tauri::command]
pub(crate) async fn document_view(desk: Desk<'_>, args: ViewDocument) -> Answer<View> {
    Ok(desk.document_view(args).await?)
}

/// Where words are in a document.
#[tauri::command]
pub(crate) async fn find_in_document(desk: Desk<'_>, args: FindInDocument) -> Answer<Vec<u32>> {
    Ok(desk.find_in_document(args).await?)
}

/// Opens a document with another program.
#[tauri::command]
pub(crate) async fn open_document_outside(desk: Desk<'_>, args: DocumentRef) -> Answer<()> {
    Ok(desk.open_document_outside(args).await?)
}
