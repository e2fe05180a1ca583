//! What can go wrong with the object store. Carries no URL: a signed one is a secret.

/// A fault of the object store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a place for blobs.
    #[error("{0:?} is no place for blobs: give a folder, s3://bucket/prefix or gs://bucket/prefix")]
    BadPlace(String),
    /// A name that is no name of a blob.
    #[error("that is no name of a blob")]
    BadName,
    /// No such blob.
    #[error("there is no such blob")]
    NotFound,
    /// There is one of that name.
    #[error("there is such a blob already")]
    Taken,
    /// The range begins after the blob's end.
    #[error("the blob ends before that")]
    BadRange,
    /// A service of the cloud does not answer.
    #[error("it cannot be reached")]
    Unreachable,
    /// The store says no, or does not answer.
    #[error("the object store: {0}")]
    Store(#[source] Box<object_store::Error>),
    /// The folder.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            object_store::Error::AlreadyExists { .. } => Self::Taken,
            object_store::Error::InvalidPath { .. } => Self::BadName,
            other => Self::Store(Box::new(other)),
        }
    }
}
