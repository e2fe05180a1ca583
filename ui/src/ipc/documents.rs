//! Documents.

use wattle_domain::commands::EditDocument;
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::{
    DocumentRef, Documents, DocumentsQuery, FileDocument, FindInDocument, Picture, View, ViewDocument,
};

use super::{Answer, call};

/// `documents`.
pub(crate) async fn documents(args: DocumentsQuery) -> Answer<Documents> {
    call("documents", &args).await
}

/// `file_document`.
pub(crate) async fn file_document(args: FileDocument) -> Answer<Written> {
    call("file_document", &args).await
}

/// `edit_document`.
pub(crate) async fn edit_document(args: EditDocument) -> Answer<Written> {
    call("edit_document", &args).await
}

/// `document_thumbnail`.
pub(crate) async fn document_thumbnail(args: DocumentRef) -> Answer<Picture> {
    call("document_thumbnail", &args).await
}

/// `document_view`.
pub(crate) async fn document_view(args: ViewDocument) -> Answer<View> {
    call("document_view", &args).await
}

/// `find_in_document`.
pub(crate) async fn find_in_document(args: FindInDocument) -> Answer<Vec<u32>> {
    call("find_in_document", &args).await
}

/// `open_document_outside`.
pub(crate) async fn open_document_outside(args: DocumentRef) -> Answer<()> {
    call("open_document_outside", &args).await
}
