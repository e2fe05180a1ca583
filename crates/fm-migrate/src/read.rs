//! Reading FileMaker's export files, streamed, as found.
//!
//! Must never: interpret a value, load half of a damaged file in silence, or put a value into an error.
//! Called by: `stage` and the tests.

pub mod delimited;
pub mod encoding;
pub mod fmpxml;
pub mod text;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::Error;
use crate::raw::{RawColumn, RawRow};
pub use delimited::Delimited;
pub use fmpxml::FmpXml;

/// The formats that FileMaker exports and we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// FMPXMLRESULT.
    Fmpxml,
    /// Comma-separated, no header.
    Csv,
    /// Merge: a header, then as CSV with the locale's delimiter.
    Mer,
    /// Tab-separated, no header, no quotes.
    Tab,
}

/// How to read one export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layout {
    /// Overrides what the file's ending says.
    pub format: Option<Format>,
    /// Overrides detection; a WHATWG label such as `windows-1252`, `macintosh`, `utf-16le`.
    pub encoding: Option<String>,
    /// Overrides detection; one ASCII character.
    pub delimiter: Option<char>,
    /// Whether the first record is a header; `.mer` has one, `.csv` and `.tab` do not.
    pub header: Option<bool>,
    /// The columns of a file without header, in order.
    pub columns: Vec<String>,
}

/// An open export.
#[derive(Debug)]
pub enum Source {
    /// CSV, .mer or .tab.
    Delimited(Box<Delimited>),
    /// FMPXMLRESULT.
    FmpXml(Box<FmpXml>),
}

impl Source {
    /// Opens an export and reads as far as its columns.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is of a kind that we refuse (the message says what to export instead).
    pub fn open(path: &Path, layout: &Layout) -> Result<Self, Error> {
        match layout.format.or_else(|| format_of(path)) {
            Some(Format::Fmpxml) => Ok(Self::FmpXml(Box::new(FmpXml::open(path, layout)?))),
            Some(format) => Ok(Self::Delimited(Box::new(Delimited::open(path, format, layout)?))),
            None => Err(refused(
                path,
                "this kind of file cannot be loaded. Export as XML (FMPXMLRESULT), merge (.mer), CSV or tab-separated text: \
                 Excel files change values and native .fmp12 files hold no types.",
            )),
        }
    }

    /// The columns in the order of the cells.
    #[must_use]
    pub fn columns(&self) -> &[RawColumn] {
        match self {
            Self::Delimited(source) => source.columns(),
            Self::FmpXml(source) => source.columns(),
        }
    }

    /// The next record into `row`; false at the end of a whole file.
    ///
    /// # Errors
    /// When the file is damaged here or cut short.
    pub fn next(&mut self, row: &mut RawRow) -> Result<bool, Error> {
        match self {
            Self::Delimited(source) => source.next(row),
            Self::FmpXml(source) => source.next(row),
        }
    }

    /// How many control characters that no text may hold were left out so far.
    #[must_use]
    pub fn stripped(&self) -> u64 {
        match self {
            Self::Delimited(source) => source.stripped,
            Self::FmpXml(source) => source.stripped,
        }
    }
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "xml" => Some(Format::Fmpxml),
        "csv" => Some(Format::Csv),
        "mer" => Some(Format::Mer),
        "tab" | "tsv" | "txt" => Some(Format::Tab),
        _ => None,
    }
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::Unreadable { path: path.to_path_buf(), line: 1, record: 0, reason: reason.into() }
}

/// Where in a file a reader stands, to make errors from.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) path: PathBuf,
    pub(crate) record: u64,
}

impl Position {
    pub(crate) fn error(&self, line: u64, reason: impl Into<String>) -> Error {
        Error::Unreadable { path: self.path.clone(), line, record: self.record, reason: reason.into() }
    }
}
