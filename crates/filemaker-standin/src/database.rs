//! A FileMaker file in memory: tables, fields, records as they were typed.

use std::collections::BTreeMap;

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// Without its ending.
    pub name: String,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Folders of layouts: their name and the layouts in them.
    pub folders: Vec<(String, Vec<String>)>,
    /// Names of scripts.
    pub scripts: Vec<String>,
    /// Folders of scripts.
    pub script_folders: Vec<(String, Vec<String>)>,
    /// What a script does; one without does nothing.
    pub acts: BTreeMap<String, Act>,
    /// People may not write: a script has seen to it.
    pub frozen: bool,
    /// Scripts that were run, in their order.
    pub ran: Vec<String>,
}

/// What a script does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Takes the right to write from people.
    Freeze,
    /// Gives it back.
    Thaw,
    /// Ends with an error of its last step.
    Fail(u32),
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number, or the text that somebody typed into it.
    Number,
    /// A date, or text.
    Date,
    /// A time of day or a duration, or text.
    Time,
    /// A date and a time, or text.
    TimeStamp,
    /// A file.
    Container,
}

/// How a field gets its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Typed.
    Normal,
    /// Calculated.
    Calculation,
    /// Over a found set.
    Summary,
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Where its value comes from.
    pub class: Class,
    /// One value for the whole file.
    pub global: bool,
    /// Filled when a record is made.
    pub auto_enter: bool,
    /// Repetitions.
    pub max_repeat: usize,
    /// Whether the layout shows it: the Data API sees no other.
    pub on_layout: bool,
}

impl Field {
    /// A typed field with one repetition, on the layout.
    #[must_use]
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            class: Class::Normal,
            global: false,
            auto_enter: false,
            max_repeat: 1,
            on_layout: true,
        }
    }
}

/// Related records on a layout.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Its object name.
    pub name: String,
    /// The related table.
    pub table: String,
    /// The field here and the field there that must be equal.
    pub on: (String, String),
    /// Fields of it, as `TO::field`.
    pub fields: Vec<String>,
}

/// A table with its one layout and its one occurrence.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name, also that of its occurrence.
    pub name: String,
    /// The layout over it.
    pub layout: String,
    /// The primary key that OData names.
    pub key: Option<String>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Related fields on the layout: as shown, and the table and field they come from.
    pub related: Vec<(String, String, String)>,
    /// Portals of the layout.
    pub portals: Vec<Portal>,
    /// In the order they were made.
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// FileMaker's own number of it, rising.
    pub id: u64,
    /// Rises with every change, also with one that changes nothing.
    pub mod_id: u64,
    /// One per field, as typed; repetitions joined by GS.
    pub cells: Vec<String>,
    /// By index of the field and repetition.
    pub files: BTreeMap<(usize, usize), Stored>,
}

/// What a container holds.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The original name.
    pub name: String,
    /// Its bytes; `None` for a reference to a file that FileMaker does not hold.
    pub bytes: Option<Vec<u8>>,
}

impl Database {
    /// A table by the name of its occurrence.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }

    /// The same, to change it.
    pub fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|t| t.name == name)
    }

    /// Runs a script: the error of its last step, 0 for none; `None` when there is no such script.
    pub(crate) fn run(&mut self, script: &str) -> Option<u32> {
        let inside = self.script_folders.iter().flat_map(|(_, scripts)| scripts);
        self.scripts.iter().chain(inside).find(|name| *name == script)?;
        self.ran.push(script.to_owned());
        match self.acts.get(script) {
            Some(Act::Fail(code)) => return Some(*code),
            Some(Act::Freeze) => self.frozen = true,
            Some(Act::Thaw) => self.frozen = false,
            None => {}
        }
        Some(0)
    }

    pub(crate) fn layout(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.layout == name)
    }
}

impl Table {
    /// Where a field stands.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// A record by FileMaker's number.
    #[must_use]
    pub fn record(&self, id: u64) -> Option<&Record> {
        self.records.binary_search_by_key(&id, |r| r.id).ok().and_then(|i| self.records.get(i))
    }

    /// Types something into a field; the modification id rises.
    pub fn edit(&mut self, id: u64, field: &str, text: &str) -> bool {
        let Some(index) = self.field(field) else { return false };
        let Ok(at) = self.records.binary_search_by_key(&id, |r| r.id) else { return false };
        let Some(record) = self.records.get_mut(at) else { return false };
        record.mod_id += 1;
        if let Some(cell) = record.cells.get_mut(index) {
            *cell = text.into();
        }
        true
    }

    /// A new record with the highest number; its number.
    pub fn add(&mut self, cells: Vec<String>) -> u64 {
        let id = self.records.last().map_or(1, |r| r.id + 1);
        self.records.push(Record { id, mod_id: 0, cells, files: BTreeMap::new() });
        id
    }

    /// Deletes a record.
    pub fn delete(&mut self, id: u64) {
        self.records.retain(|r| r.id != id);
    }

    /// What a clone with re-imported records does: the same records under new numbers.
    pub fn renumber(&mut self, first: u64) {
        for (id, record) in (first..).zip(&mut self.records) {
            (record.id, record.mod_id) = (id, 0);
        }
    }
}
