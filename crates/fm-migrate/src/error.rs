//! What can go wrong while moving a clinic, in words that say what to do.
//!
//! Must never: hold a value of a record. Files, lines, record numbers, columns and reasons only.

use std::path::{Path, PathBuf};

/// Why a step of the migration stopped. Bad rows are no errors: they go to the reject table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be opened, read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An export is damaged or is not what its name says. Nothing of it was loaded.
    #[error("{}, line {line}, record {record}: {reason} Nothing of this run was loaded.", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// From 1, as a text editor counts.
        line: u64,
        /// From 1; 0 before the first record.
        record: u64,
        /// What is wrong and what to do, in sentences.
        reason: String,
    },
    /// The mapping file does not fit itself or the exports.
    #[error("{}: {reason}", path.display())]
    Mapping {
        /// The mapping file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// What was asked of the sample generator cannot be made.
    #[error("{0}")]
    Sample(String),
    /// PostgreSQL refused or went away; the table in hand was rolled back.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What PostgreSQL says. Constraint and table names; the driver's message may name keys, never logged by us.
        source: sqlx::Error,
    },
    /// A read model is not fresh. What was imported stays imported.
    #[error("{0}")]
    Model(#[from] wattle_models::Error),
    /// The object storage refused or went away.
    #[error("{doing}: {source}. What is stored stays; run again when it answers")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What it says.
        source: wattle_blob_store::Error,
    },
    /// The database is not as an import needs it.
    #[error("{0}")]
    Refused(String),
    /// A value that does not fit its own column: a fault of this program.
    #[error("a value for {table}.{column} has another type than its column")]
    Shape {
        /// The target table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// FileMaker Server does not do what was asked.
    #[error("{doing}: {stop}. {advice}")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// What came back.
        stop: crate::wire::Stop,
        /// What a person can do.
        advice: &'static str,
    },
    /// A table of FileMaker's does not stand still, or shows less than it has.
    #[error("{table}: {reason}")]
    Extract {
        /// Which, by our name.
        table: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The counts of a table do not add up; it was rolled back.
    #[error(
        "{table}: {read} read, but {loaded} loaded and {rejected} rejected. Nothing of this table was changed."
    )]
    Counts {
        /// Which table.
        table: &'static str,
        /// Rows in the export.
        read: u64,
        /// Rows in the target.
        loaded: u64,
        /// Rows in the reject table.
        rejected: u64,
    },
}

impl Error {
    /// A file error with its path.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }

    /// An error of the object storage with what was being done.
    pub(crate) fn store(doing: &'static str) -> impl Fn(wattle_blob_store::Error) -> Self {
        move |source| Self::Store { doing, source }
    }

    /// A database error with what was being done.
    pub(crate) fn db(doing: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}
