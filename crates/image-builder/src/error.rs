//! Why there is no image.

use wattle_local_store::OpenError;
use wattle_sync_engine::transport::{self, BadAddress};

/// A fault of a build. Says nothing about anybody.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error("the file: {0}")]
    Open(#[from] OpenError),
    /// The file.
    #[error("the file: {0}")]
    Store(#[from] wattle_local_store::Error),
    /// The server's address.
    #[error(transparent)]
    BadAddress(#[from] BadAddress),
    /// The server.
    #[error("the server: {0}")]
    Server(#[from] transport::Error),
    /// The format.
    #[error(transparent)]
    Image(#[from] wattle_page_image::Error),
    /// Object storage.
    #[error(transparent)]
    Blobs(#[from] wattle_blob_store::Error),
    /// The disk.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
    /// A task of ours broke.
    #[error("a task ended early")]
    Broken,
}

impl From<tokio::task::JoinError> for Error {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Broken
    }
}
