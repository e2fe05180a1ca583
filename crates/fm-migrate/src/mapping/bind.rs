//! A table's mapping tied to the columns that the export really has.

use std::collections::HashMap;

use super::{Mapping, TableMapping};
use crate::error::Error;
use crate::raw::{RawColumn, RawRow};
use crate::typing::{DateForms, text};

#[derive(Clone, Debug)]
struct Place {
    column: usize,
    repetition: Option<usize>,
    name: String,
}

/// Our fields to cells of a record.
#[derive(Clone, Debug)]
pub struct Bound {
    places: HashMap<&'static str, Place>,
    dates: HashMap<&'static str, DateForms>,
    words: HashMap<&'static str, HashMap<String, String>>,
    /// How many cells a record must have.
    pub columns: usize,
}

impl Bound {
    /// Ties a mapping to columns.
    ///
    /// # Errors
    /// When a field of ours is misspelt, a required one is not mapped, a column is not in the export, or a date form makes
    /// no sense.
    pub fn new(
        mapping: &Mapping,
        table: &TableMapping,
        columns: &[RawColumn],
        known: &'static [&'static str],
        required: &[&str],
    ) -> Result<Self, Error> {
        let file = table.path.display();
        let ours = |name: &str| {
            known.iter().copied().find(|k| *k == name).ok_or_else(|| {
                mapping.wrong(format!(
                    "{file}: \"{name}\" is no field of ours; there are: {}.",
                    known.join(", ")
                ))
            })
        };
        let mut this = Self {
            places: HashMap::new(),
            dates: HashMap::new(),
            words: HashMap::new(),
            columns: columns.len(),
        };
        for (field, column) in &table.fields {
            let place = place(columns, column).ok_or_else(|| {
                mapping.wrong(format!("{file} has no column \"{column}\" (for \"{field}\"). Export it too, or take the line out."))
            })?;
            this.places.insert(ours(field)?, place);
        }
        if let Some(missing) = required.iter().find(|name| !this.places.contains_key(**name)) {
            return Err(mapping.wrong(format!("{file}: \"{missing}\" must be mapped.")));
        }
        for (field, forms) in &table.dates {
            let forms = DateForms::new(forms).map_err(|form| {
                mapping.wrong(format!("{file}: the date form \"{form}\" of \"{field}\" makes no sense."))
            })?;
            this.dates.insert(ours(field)?, forms);
        }
        for (field, words) in &table.words {
            let folded = words.iter().map(|(theirs, ours)| (text::fold(theirs), ours.clone())).collect();
            this.words.insert(ours(field)?, folded);
        }
        Ok(this)
    }

    /// A record seen through the mapping.
    #[must_use]
    pub fn cells<'a>(&'a self, row: &'a RawRow) -> Cells<'a> {
        Cells { bound: self, row }
    }

    /// The FileMaker name of a field of ours.
    #[must_use]
    pub fn column(&self, field: &str) -> &str {
        self.places.get(field).map_or("", |place| &place.name)
    }

    /// The date forms of a field; day first when the mapping has none.
    #[must_use]
    pub fn forms(&self, field: &str) -> DateForms {
        self.dates.get(field).cloned().unwrap_or_default()
    }

    /// Our word for theirs; `None` when the mapping has no such word.
    #[must_use]
    pub fn word(&self, field: &str, theirs: &str) -> Option<&str> {
        self.words.get(field)?.get(&text::fold(theirs)).map(String::as_str)
    }
}

/// One record seen through the mapping.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    bound: &'a Bound,
    row: &'a RawRow,
}

impl<'a> Cells<'a> {
    /// The text of a field as found; `None` when it is unmapped, absent or blank.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&'a str> {
        let place = self.bound.places.get(field)?;
        let text = match place.repetition {
            Some(n) => self.row.repetition(place.column, n),
            None => self.row.cell(place.column),
        };
        text.filter(|t| !t.chars().all(|c| c.is_whitespace() || c == crate::raw::GS))
    }

    /// The text of a field, cleaned.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        self.raw(field).and_then(text::clean)
    }

    /// Whether the record has as many cells as there are columns.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.row.cells.len() == self.bound.columns
    }
}

/// A column by name, or by name and repetition.
fn place(columns: &[RawColumn], name: &str) -> Option<Place> {
    let find = |wanted: &str| columns.iter().position(|c| c.name == wanted);
    if let Some(column) = find(name) {
        return Some(Place { column, repetition: None, name: name.into() });
    }
    let (column, repetition) = name.strip_suffix(')')?.rsplit_once('(')?;
    Some(Place {
        column: find(column.trim_end())?,
        repetition: Some(repetition.parse().ok()?),
        name: name.into(),
    })
}
