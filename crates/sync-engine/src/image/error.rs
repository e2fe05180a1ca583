//! Why there is no file made of an image. Each means: stream rows.

use wattle_local_store::OpenError;
use wattle_protocol::ErrorCode;

use crate::transport;

/// Why no image became a file. The file that was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NoCopy {
    /// The server has none that fits, or the person may not have it.
    #[error("there is no image for this file")]
    NoImage,
    /// The server wants to know who is asking; nobody can say just now.
    #[error("the person must sign in again")]
    SignInAgain,
    /// The server or its object store could not be reached for too long.
    #[error("the server could not be reached: {0}")]
    Unreachable(#[source] transport::Error),
    /// What was offered, or a chunk of it again and again, is not what it should be.
    #[error("the image is no good: {0}")]
    Bad(#[from] wattle_page_image::Error),
    /// The pages do not make the file that was offered.
    #[error("the pages do not make the file that was offered: {0}")]
    OtherFile(&'static str),
    /// The new file could not be written or opened.
    #[error("the new file: {0}")]
    File(#[from] OpenError),
    /// The disk.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
    /// A task of ours broke.
    #[error("a task ended early")]
    Broken,
}

impl From<wattle_local_store::Error> for NoCopy {
    fn from(error: wattle_local_store::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<tokio::task::JoinError> for NoCopy {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Broken
    }
}

/// What a fault of the wire means here.
pub(super) enum Meaning {
    /// Try again, after so many seconds if it was said.
    Again(Option<u32>),
    /// The access token, or the signed URL, is over.
    Expired,
    /// No use to try again.
    No,
}

pub(super) fn meaning(error: &transport::Error) -> Meaning {
    match error {
        transport::Error::Unreachable(_) | transport::Error::Garbled { .. } => Meaning::Again(None),
        transport::Error::Refused { code, retry_after_s, .. } => match code {
            ErrorCode::SignInAgain => Meaning::Expired,
            ErrorCode::RateLimited | ErrorCode::Unavailable | ErrorCode::Internal => {
                Meaning::Again(*retry_after_s)
            }
            _ => Meaning::No,
        },
    }
}
