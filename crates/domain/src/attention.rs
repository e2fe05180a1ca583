//! The three-way test of one field, and the conflict row that keeps both values.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::decide::Context;
use crate::entities::Conflict;
use crate::fields::ConflictStatus;
use crate::ids::{ConflictId, PatientId, UserId, WorkstationId, derived};
use crate::role::FeedClass;
use crate::row::{Row, RowChange};
use crate::table::TableName;
use crate::time::UtcInstant;

/// What becomes of one edited field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldTest {
    /// Nobody has touched it since: write it.
    Write,
    /// It already has the new value.
    Nothing,
    /// Somebody wrote another value meanwhile.
    Conflict,
}

/// `current == was`: write · `current == now`: nothing · else conflict.
#[must_use]
pub fn test_field(current: &Value, was: &Value, now: &Value) -> FieldTest {
    if current == now {
        FieldTest::Nothing
    } else if current == was {
        FieldTest::Write
    } else {
        FieldTest::Conflict
    }
}

/// Who changed a field last; an entry of the column `field_changes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// When, on the author's clock.
    pub at: UtcInstant,
    /// Who.
    pub by: UserId,
    /// Where.
    pub workstation: WorkstationId,
}

impl FieldChange {
    /// As the column holds it.
    #[must_use]
    pub fn of(context: &Context) -> Value {
        json!({"at": context.issued_at, "by": context.author, "workstation": context.workstation})
    }

    /// The last change of a field, if one was recorded.
    #[must_use]
    pub fn last(row: &Row, field: &str) -> Option<Self> {
        let changes: &Map<String, Value> = row.field("field_changes").as_object()?;
        serde_json::from_value(changes.get(field)?.clone()).ok()
    }
}

/// The table that keeps both values of a field of another: what the record says stays where the record is.
#[must_use]
pub fn conflicts_of(table: TableName) -> TableName {
    match table.table().class {
        FeedClass::Clinical => TableName::RecordConflict,
        _ => TableName::Conflict,
    }
}

/// Whether rows of a table keep two values of a field of another.
#[must_use]
pub fn keeps_conflicts(table: TableName) -> bool {
    matches!(table, TableName::Conflict | TableName::RecordConflict)
}

/// The row that keeps both values of a field. Its id is derived, so both sides make the same one.
#[must_use]
pub fn conflict_row(
    context: &Context,
    table: TableName,
    row: &Row,
    field: &str,
    now: &Value,
    patient_id: Option<PatientId>,
) -> RowChange {
    let last = FieldChange::last(row, field);
    let id =
        ConflictId(derived(context.command_id, &format!("conflict/{}/{}/{field}", table.as_str(), row.id)));
    let mut change = RowChange::insert(
        id,
        &Conflict {
            id,
            command_id: context.command_id,
            table_name: table.as_str().to_owned(),
            row_id: row.id,
            field: field.to_owned(),
            patient_id,
            kept_value: now.clone(),
            kept_by: Some(context.author),
            kept_at: context.issued_at,
            kept_workstation: Some(context.workstation),
            other_value: row.field(field).clone(),
            other_by: last.map(|l| l.by).or(row.attribution.updated_by),
            other_at: last.map(|l| l.at).or(Some(row.attribution.updated_at)),
            other_workstation: last.map(|l| l.workstation).or(row.attribution.origin_workstation),
            status: ConflictStatus::Open,
            chosen_value: Value::Null,
            resolved_by: None,
            resolved_at: None,
        },
    );
    change.table = conflicts_of(table);
    change
}
