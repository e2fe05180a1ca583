//! A table's mapping tied to the columns that the export really has.

use std::collections::HashMap;

use super::{Mapping, TableMapping};
use crate::error::Error;
use crate::raw::{RawColumn, RawRow, WrittenBy};
use crate::reason::{Code, Reason};
use crate::typing::{DateForms, text};

/// A value that does not fit its field's type, as OData writes it.
const UNSAID: &str = "?";

#[derive(Clone, Debug)]
struct Place {
    column: usize,
    repetition: Option<usize>,
    name: String,
    written_by: WrittenBy,
    /// OData gives `?` for what does not fit a field of this type: no value, whatever reads it.
    odd: bool,
}

impl Place {
    fn of<'r>(&self, row: &'r RawRow) -> Option<&'r str> {
        match self.repetition {
            Some(n) => row.repetition(self.column, n),
            None => row.cell(self.column),
        }
    }
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

    /// Where a field of ours stands: its cell from 1, and which repetition of it.
    #[must_use]
    pub fn place(&self, field: &str) -> Option<(usize, Option<usize>)> {
        self.places.get(field).map(|place| (place.column + 1, place.repetition))
    }

    /// Every mapped cell of a record that holds something, by its FileMaker name, in the order of the record.
    pub fn filled<'a>(&'a self, row: &'a RawRow) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cells = self.cells(row);
        let mut places: Vec<_> = self.places.iter().collect();
        places.sort_by_key(|(_, place)| (place.column, place.repetition));
        places.dedup_by_key(|(_, place)| (place.column, place.repetition));
        places.into_iter().filter_map(move |(field, place)| Some((place.name.as_str(), cells.raw(field)?)))
    }

    /// The FileMaker name of a field of ours.
    #[must_use]
    pub fn column(&self, field: &str) -> &str {
        self.places.get(field).map_or("", |place| &place.name)
    }

    /// The date forms of a field; day first when the mapping has none.
    #[must_use]
    pub fn forms(&self, field: &str) -> DateForms {
        let one = |form: &str| DateForms::new(&[form.to_owned()]).unwrap_or_default();
        match self.places.get(field).map(|place| place.written_by) {
            Some(WrittenBy::Iso) => return one("YYYY-MM-DD"),
            Some(WrittenBy::Us) => return one("M/D/YYYY"),
            _ => {}
        }
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
    /// Whether the mapping names the field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.bound.places.contains_key(field)
    }

    /// The text of a field as found; `None` when it is unmapped, absent or blank.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&'a str> {
        let text = self.bound.places.get(field)?.of(self.row);
        text.filter(|t| !t.chars().all(|c| c.is_whitespace() || c == crate::raw::GS))
    }

    /// The text of a field, cleaned; `None` also for what OData could not say.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        let odd = self.bound.places.get(field).is_some_and(|place| place.odd);
        self.raw(field).filter(|t| !(odd && *t == UNSAID)).and_then(text::clean)
    }

    /// What OData could not say of this record: values that are in FileMaker and do not fit their fields.
    pub fn unsaid(&self) -> impl Iterator<Item = Reason> + '_ {
        let places = self.bound.places.iter().filter(|(field, p)| p.odd && self.raw(field) == Some(UNSAID));
        places.map(|(_, place)| Reason::new(Code::OdataUnsaid, &place.name))
    }

    /// Whether the record has as many cells as there are columns.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.row.cells.len() == self.bound.columns
    }
}

/// The text of a FileMaker field of a record, or of one repetition of it, as found.
pub(crate) fn found<'r>(columns: &[RawColumn], row: &'r RawRow, name: &str) -> Option<&'r str> {
    place(columns, name)?.of(row)
}

/// A column by name, or by name and repetition.
fn place(columns: &[RawColumn], name: &str) -> Option<Place> {
    let find = |wanted: &str| columns.iter().position(|c| c.name == wanted);
    let (column, repetition) = match find(name) {
        Some(column) => (column, None),
        None => {
            let (column, repetition) = name.strip_suffix(')')?.rsplit_once('(')?;
            (find(column.trim_end())?, Some(repetition.parse().ok()?))
        }
    };
    let found = columns.get(column)?;
    let odd = found.kind.as_deref().is_some_and(|kind| kind != "TEXT");
    Some(Place { column, repetition, name: name.into(), written_by: found.written_by, odd })
}
