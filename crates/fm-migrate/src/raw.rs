//! One record as an export holds it: text, nothing interpreted.

/// Separates the repetitions of a field, as in FileMaker's own text exports.
pub const GS: char = '\u{1D}';

/// A column of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawColumn {
    /// Its FileMaker name.
    pub name: String,
    /// `TEXT`, `NUMBER`, `DATE`, `TIME`, `TIMESTAMP` or `CONTAINER` where the export says so.
    pub kind: Option<String>,
    /// How many repetitions it may have, where the export says so.
    pub max_repeat: Option<u32>,
    /// Who wrote its dates.
    pub written_by: WrittenBy,
}

/// Who wrote the dates of a column, and so in which form they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrittenBy {
    /// People, in the forms that the mapping lists.
    #[default]
    Person,
    /// A server, as `2026-02-01` and `2026-02-01T09:05:00`; an OData server adds a `Z` that means nothing.
    Iso,
    /// A server that knows nothing but `02/01/2026`.
    Us,
}

impl WrittenBy {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Iso => "iso",
            Self::Us => "us",
        }
    }

    /// Back from that.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text {
            "iso" => Self::Iso,
            "us" => Self::Us,
            _ => Self::Person,
        }
    }
}

/// A record of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRow {
    /// From 1, in the order of the file.
    pub position: u64,
    /// The line it begins on, from 1.
    pub line: u64,
    /// FileMaker's record id, where the export has it. Never a business key: it changes when a file is cloned.
    pub record_id: Option<String>,
    /// FileMaker's modification id, where the export has it.
    pub mod_id: Option<String>,
    /// One per column; repetitions joined by [`GS`]; `None` where FileMaker says that there is no related record.
    pub cells: Vec<Option<String>>,
}

impl RawRow {
    /// A cell; `None` when it is absent or the record is too short.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<&str> {
        self.cells.get(index).and_then(Option::as_deref)
    }

    /// One repetition of a cell, from 1.
    #[must_use]
    pub fn repetition(&self, index: usize, repetition: usize) -> Option<&str> {
        self.cell(index)?.split(GS).nth(repetition.saturating_sub(1))
    }
}
