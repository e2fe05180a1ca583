//! What can go wrong in the local store. Carries codes, tables and ids; never a value of a row.

use wattle_domain::Rejection;

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full or cannot be written. The transaction was undone whole; what was there before is still there.
    #[error("the disk is full or cannot be written; the change was not saved")]
    NotSaved(#[source] rusqlite::Error),
    /// A page of the file does not check out. Close the store, set the file aside, recover the outbox, sync afresh.
    #[error("the local file is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// The queue of the writer is full: more work was handed in than it can do.
    #[error("the writer's queue is full; try again")]
    Overloaded,
    /// The writer has stopped (the store is closing, or a writing job broke).
    #[error("the store is closed")]
    Closed,
    /// A frame of the server does not fit the description of its table. Nothing was changed.
    #[error("a frame for table {table} is malformed: {what}")]
    BadFrame {
        /// The table as the frame calls it.
        table: String,
        /// What is wrong, without values.
        what: String,
    },
    /// The pull ended without its checkpoint. Nothing was changed.
    #[error("the pull ended without a checkpoint")]
    Incomplete,
    /// A stored row or command does not fit its description.
    #[error("stored {what} does not fit its description")]
    BadRow {
        /// Table and id.
        what: String,
    },
    /// The author's key could not sign.
    #[error("the signing key is not usable")]
    Signing,
    /// Any other answer of SQLite.
    #[error("SQLite: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// The file system.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a file could not be opened. In every case the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key does not open this file. Says nothing about the file's health.
    #[error("the key does not open this file")]
    WrongKey,
    /// The key is right, the file is not.
    #[error("the local file is damaged")]
    Damaged,
    /// A newer version of the app wrote it. Update the app.
    #[error("the file has schema {found}, this app knows up to {known}: update the app")]
    TooNew {
        /// In the file.
        found: u32,
        /// Known here.
        known: u32,
    },
    /// The file belongs to another clinic, workstation or profile.
    #[error("the file belongs to another clinic, workstation or profile")]
    OtherIdentity,
    /// The file system.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
    /// Anything else of the store, for example a full disk while upgrading.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why a command was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A rule said no; nothing was saved.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store failed; nothing was saved.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(DiskFull | SystemIoFailure | ReadOnly | CannotOpen) => Self::NotSaved(error),
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<rusqlite::Error> for SubmitError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match Error::from(error) {
            Error::Damaged(_) => Self::Damaged,
            other => Self::Store(other),
        }
    }
}
