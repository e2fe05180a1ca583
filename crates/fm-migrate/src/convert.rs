//! A record as found -> our rows, or a reason why not.
//!
//! Owns: which fields a record may be refused for, which are only noted, and what rows it becomes. Pure: the same record,
//! mapping and census give the same outcome, whether it comes from a file or from staging.
//! Called by: `import` and the tests.

pub mod appointments;
pub mod census;
pub mod overlap;
pub mod patients;
pub mod practitioners;
pub mod record;
pub mod setup;
pub(crate) mod vocabulary;

use uuid::Uuid;
use wattle_domain::TableName;
use wattle_domain::row::Fields;
use wattle_domain::table::Entity;

use crate::ids::SourceTable;
use crate::mapping::{Bound, Cells};
use crate::raw::RawRow;
use crate::reason::{Code, Reason};
use crate::typing::text;
pub use census::{Census, Found, Keys};

/// One row for the target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetRow {
    /// Where.
    pub table: TableName,
    /// Primary key.
    pub id: Uuid,
    /// Every column.
    pub fields: Fields,
}

impl TargetRow {
    /// An entity as a row.
    #[must_use]
    pub fn new<E: Entity>(id: Uuid, entity: &E) -> Self {
        Self { table: E::TABLE.name, id, fields: entity.to_fields() }
    }
}

/// A record that loads.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// Its business key.
    pub key: String,
    /// The row itself first, then its children.
    pub rows: Vec<TargetRow>,
    /// What is to be said about it.
    pub notes: Vec<Reason>,
}

/// The tables that an export's records become rows of, in the order in which they are loaded.
#[must_use]
pub fn targets(table: SourceTable) -> &'static [TableName] {
    match table {
        SourceTable::Practitioners => {
            &[TableName::Practitioner, TableName::PractitionerLocation, TableName::SessionTemplate]
        }
        SourceTable::Patients => &[
            TableName::Patient,
            TableName::PatientIdentifier,
            TableName::PatientContact,
            TableName::Address,
            TableName::Alert,
        ],
        SourceTable::Appointments => &[TableName::Appointment, TableName::AppointmentEvent],
        SourceTable::Notes => &[TableName::ClinicalNote, TableName::UserName],
        SourceTable::Allergies => &[TableName::Allergy],
        SourceTable::Medicines => &[TableName::Medication],
        SourceTable::Observations => &[TableName::Observation],
        SourceTable::Recalls => &[TableName::Recall],
        SourceTable::Letters => &[TableName::Letter, TableName::UserName],
        SourceTable::Invoices => &[TableName::Invoice],
        SourceTable::InvoiceItems => &[TableName::InvoiceItem],
        SourceTable::Payments => &[TableName::Payment],
        SourceTable::Log => &[TableName::FormerEvent, TableName::UserName],
        SourceTable::Documents => &[TableName::Document, TableName::DeskDocument],
    }
}

/// Of these, where the record itself is; the others hold its children.
#[must_use]
pub fn main(table: SourceTable) -> &'static [TableName] {
    // A document is in one of two tables, by its kind.
    let tables = if table == SourceTable::Documents { 2 } else { 1 };
    targets(table).get(..tables).unwrap_or_default()
}

/// What becomes of a record.
pub type Outcome = Result<Typed, Reason>;

/// The checks that come before all others: cells, key, uniqueness. The key as written, trimmed.
fn key_of(bound: &Bound, census: &Census, row: &RawRow) -> Result<String, Reason> {
    let cells = bound.cells(row);
    if !cells.complete() {
        return Err(Reason::new(Code::ColumnCount, ""));
    }
    let key = cells.text("key").ok_or_else(|| Reason::new(Code::NullKey, bound.column("key")))?;
    if census.is_duplicate(&key, row.position) {
        return Err(Reason::new(Code::DuplicateKey, bound.column("key")));
    }
    Ok(key)
}

/// Notes under the names that the clinic knows.
#[derive(Debug)]
struct Notes<'a> {
    bound: &'a Bound,
    list: Vec<Reason>,
}

impl<'a> Notes<'a> {
    fn new(bound: &'a Bound) -> Self {
        Self { bound, list: Vec::new() }
    }

    fn add(&mut self, code: Code, field: &str) {
        self.list.push(Reason::new(code, self.bound.column(field)));
    }

    /// The value of an optional field: what is wrong with it is noted and it stays empty.
    fn optional<T>(&mut self, field: &str, value: Option<Result<T, Code>>) -> Option<T> {
        match value? {
            Ok(value) => Some(value),
            Err(code) => {
                self.add(code, field);
                None
            }
        }
    }
}

/// A reference to another table's record: its id, `None` when the field is blank.
fn reference(
    cells: Cells<'_>,
    field: &str,
    keys: &Keys,
    notes: &mut Notes<'_>,
) -> Result<Option<Uuid>, Code> {
    let Some(theirs) = cells.raw(field) else { return Ok(None) };
    match keys.find(theirs) {
        Found::Loaded { id, exact } => {
            if !exact {
                notes.add(Code::KeyFolded, field);
            }
            Ok(Some(id))
        }
        Found::Rejected => Err(Code::ParentRejected),
        Found::Nowhere => Err(Code::Orphan),
    }
}

/// Something of the mapping by name: a room, a type.
#[derive(Clone, Debug, Default)]
pub struct ByName(std::collections::HashMap<String, Uuid>);

impl ByName {
    /// Names and their ids.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = (String, Uuid)>) -> Self {
        Self(names.into_iter().map(|(name, id)| (text::fold(&name), id)).collect())
    }

    /// The id of a name, without case and outer blanks.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Uuid> {
        self.0.get(&text::fold(name)).copied()
    }
}
