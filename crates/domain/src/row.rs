//! Rows as plain data, the same in both stores and on the wire.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::attribution::{Attribution, Stamp};
use crate::ids::Rev;
use crate::table::{BadRow, Entity, TableName};

/// Column name to JSON value; see [`crate::table::ColumnKind`] for the forms.
pub type Fields = serde_json::Map<String, serde_json::Value>;

/// One row of a synced table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Primary key, with the clinic.
    pub id: Uuid,
    /// How many times the server has written it; 0 when it exists only here.
    pub rev: Rev,
    /// Who made and changed it, and when.
    #[serde(flatten)]
    pub attribution: Attribution,
    /// The columns, including ones that this version does not know.
    pub fields: Fields,
}

impl Row {
    /// The typed view.
    ///
    /// # Errors
    /// See [`Entity::from_row`].
    pub fn read<E: Entity>(&self) -> Result<E, BadRow> {
        E::from_row(self)
    }

    /// A row as the server's tables have it after a change: revision and attribution are the server's to give.
    ///
    /// # Errors
    /// When the tables would refuse the change.
    pub fn after(before: Option<&Self>, change: &RowChange, stamp: Stamp) -> Result<Self, Unwritable> {
        match (change.base_rev, before) {
            (None, Some(_)) => Err(Unwritable::Exists),
            (Some(_), None) => Err(Unwritable::Missing),
            (None, None) => Ok(Self {
                id: change.id,
                rev: Rev(1),
                attribution: stamp.new_row(),
                fields: change.set.clone(),
            }),
            (Some(_), Some(_)) if change.table.table().append_only => Err(Unwritable::OnlyGrows),
            (Some(_), Some(before)) => {
                let mut row = before.clone();
                row.rev = Rev(row.rev.0 + 1);
                stamp.changed(&mut row.attribution);
                row.fields.extend(change.set.iter().map(|(name, value)| (name.clone(), value.clone())));
                Ok(row)
            }
        }
    }

    /// A field, null when absent.
    #[must_use]
    pub fn field(&self, name: &str) -> &serde_json::Value {
        self.fields.get(name).unwrap_or(&serde_json::Value::Null)
    }
}

/// One row's change, as decided. Insert when `base_rev` is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowChange {
    /// The table.
    pub table: TableName,
    /// The row.
    pub id: Uuid,
    /// The revision that was looked at; `None` inserts.
    pub base_rev: Option<Rev>,
    /// Only the columns that change (all of them for an insert).
    pub set: Fields,
}

impl RowChange {
    /// A new row.
    #[must_use]
    pub fn insert<E: Entity>(id: impl Into<Uuid>, entity: &E) -> Self {
        Self { table: E::TABLE.name, id: id.into(), base_rev: None, set: entity.to_fields() }
    }

    /// New values for some columns of a row.
    #[must_use]
    pub fn update(table: TableName, row: &Row, set: Fields) -> Self {
        Self { table, id: row.id, base_rev: Some(row.rev), set }
    }
}

/// Why the server's tables refuse a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// There is a row of that id already.
    #[error("the row is there already")]
    Exists,
    /// There is no row of that id.
    #[error("there is no such row")]
    Missing,
    /// Rows of the table are never changed.
    #[error("the table only grows")]
    OnlyGrows,
}
