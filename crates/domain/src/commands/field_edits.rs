//! Some fields of rows of one patient, each with the value that the author saw: what the verbs that edit have in common.
//!
//! Per field: the later receipt at the server wins, and a conflict row keeps both values (sync.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attention::{FieldChange, FieldTest, conflict_row, test_field};
use crate::commands::patient_parts::clean_field;
use crate::decide::{Context, Decision, Outcome};
use crate::fields::IdentifierKind;
use crate::identifiers;
use crate::ids::{PatientId, Rev};
use crate::rejection::{Rejection, RejectionCode};
use crate::row::{Fields, Row, RowChange};
use crate::table::{ColumnKind, TableName};
use crate::world::World;

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldEdit {
    /// Of which table; each verb says which it edits.
    pub table: TableName,
    /// The row.
    pub row_id: Uuid,
    /// The column.
    pub field: String,
    /// The revision of the row that the author saw.
    #[serde(default)]
    pub seen_rev: Rev,
    /// What the author saw.
    pub was: Value,
    /// What the author wrote.
    pub now: Value,
}

/// The edits of one command, and what it may edit.
pub(super) struct FieldEdits<'a> {
    /// Whose rows; `None` for rows of the clinic itself.
    pub patient_id: Option<PatientId>,
    /// The fields.
    pub edits: &'a [FieldEdit],
    /// Tables that may be edited.
    pub tables: &'a [TableName],
    /// Columns of them that may not.
    pub fixed: &'a [&'a str],
}

/// What became of them; new rows of the same command go between the two lists.
pub(super) struct Edited {
    /// How they met the rows.
    pub outcome: Outcome,
    /// What is written.
    pub changes: Vec<RowChange>,
    /// The rows that keep both values.
    pub conflicts: Vec<RowChange>,
}

impl Edited {
    /// All of it.
    pub(super) fn whole(mut self) -> Decision {
        self.changes.append(&mut self.conflicts);
        Decision { outcome: self.outcome, changes: self.changes }
    }
}

impl FieldEdits<'_> {
    /// What they do.
    pub(super) fn decide(&self, context: &Context, world: &World) -> Result<Edited, Rejection> {
        let mut outcome = Outcome::Applied;
        let mut sets: BTreeMap<(TableName, Uuid), Fields> = BTreeMap::new();
        let mut conflicts = Vec::new();
        for edit in self.edits {
            let row = self.row(world, edit)?;
            let now = clean_field(edit.table, row.fields.get("kind"), &edit.field, &edit.now);
            check_value(edit, &now)?;
            match test_field(row.field(&edit.field), &edit.was, &now) {
                FieldTest::Nothing => continue,
                // What was taken out of the record meanwhile shows to nobody: somebody must see that it was still edited.
                FieldTest::Write if row.attribution.deleted_at.is_none() => {}
                FieldTest::Write | FieldTest::Conflict => {
                    outcome = Outcome::Conflict;
                    conflicts.push(conflict_row(
                        context,
                        edit.table,
                        row,
                        &edit.field,
                        &now,
                        self.patient_id,
                    ));
                }
            }
            sets.entry((edit.table, edit.row_id)).or_default().insert(edit.field.clone(), now);
        }
        let mut changes = Vec::new();
        for ((table, id), set) in sets {
            let Some(row) = world.row(table, id) else { continue };
            if outcome == Outcome::Applied && self.moved_on(context, row) {
                outcome = Outcome::Merged;
            }
            changes.push(RowChange::update(table, row, written(context, table, row, set)));
        }
        Ok(Edited { outcome, changes, conflicts })
    }

    /// The row of an edit, if it is one of this patient and may be edited so.
    fn row<'w>(&self, world: &'w World, edit: &FieldEdit) -> Result<&'w Row, Rejection> {
        let known =
            edit.table.table().column(&edit.field).is_some() && !self.fixed.contains(&edit.field.as_str());
        if !self.tables.contains(&edit.table) || !known {
            return Err(Rejection::invalid(&edit.field));
        }
        let row =
            world.row(edit.table, edit.row_id).ok_or_else(|| Rejection::new(RejectionCode::NotFound))?;
        let owner = match edit.table {
            TableName::Patient => json!(row.id),
            _ => row.field("patient_id").clone(),
        };
        if owner == json!(self.patient_id) { Ok(row) } else { Err(Rejection::new(RejectionCode::NotFound)) }
    }

    /// Whether another workstation has written the row since the author saw it. The author's own earlier commands raise
    /// the revision too, but they are what the author saw.
    fn moved_on(&self, context: &Context, row: &Row) -> bool {
        let seen = self.edits.iter().filter(|e| e.row_id == row.id).map(|e| e.seen_rev).min();
        let elsewhere = row.attribution.origin_workstation != Some(context.workstation);
        elsewhere && seen.is_some_and(|seen| seen < row.rev)
    }
}

/// The columns to write for a row: the edited ones, who changed them, and what follows from them.
fn written(context: &Context, table: TableName, row: &Row, mut set: Fields) -> Fields {
    let mut changes = row.field("field_changes").as_object().cloned().unwrap_or_default();
    for field in set.keys() {
        changes.insert(field.clone(), FieldChange::of(context));
    }
    if table == TableName::PatientIdentifier
        && let Some(value) = set.get("value").and_then(Value::as_str)
        && let Ok(kind) = serde_json::from_value::<IdentifierKind>(row.field("kind").clone())
    {
        let failed = identifiers::check(kind, value).is_err();
        set.insert("check_failed".into(), Value::Bool(failed));
    }
    set.insert("field_changes".into(), Value::Object(changes));
    set
}

/// The value must fit its column; what it says is the clinic's business.
pub(super) fn check_value(edit: &FieldEdit, now: &Value) -> Result<(), Rejection> {
    let Some(column) = edit.table.table().column(&edit.field) else {
        return Err(Rejection::invalid(&edit.field));
    };
    let fits = match (column.kind, now) {
        (_, Value::Null) => column.optional,
        (ColumnKind::Text, Value::String(_)) | (ColumnKind::Bool, Value::Bool(_)) | (ColumnKind::Json, _) => {
            true
        }
        (ColumnKind::Int | ColumnKind::Instant, Value::Number(n)) => n.is_i64(),
        (ColumnKind::Date, Value::String(text)) => text.parse::<crate::time::ClinicDate>().is_ok(),
        (ColumnKind::Uuid, Value::String(text)) => Uuid::parse_str(text).is_ok(),
        _ => false,
    };
    if fits && word_fits(edit, now) { Ok(()) } else { Err(Rejection::invalid(&edit.field)) }
}

/// Columns that hold words of a list take only those.
fn word_fits(edit: &FieldEdit, now: &Value) -> bool {
    use crate::fields::{AllergySeverity, BirthDateAccuracy, EntryStatus, RecallStatus, Sex};
    use TableName::{Allergy, Condition, Medication, Recall};
    match (edit.table, edit.field.as_str()) {
        (Allergy | Condition | Medication, "status") => {
            serde_json::from_value::<EntryStatus>(now.clone()).is_ok()
        }
        (Allergy, "severity") => serde_json::from_value::<Option<AllergySeverity>>(now.clone()).is_ok(),
        (TableName::Document | TableName::DeskDocument, "status") => {
            serde_json::from_value::<crate::fields::DocumentStatus>(now.clone()).is_ok()
        }
        (Recall, "status") => serde_json::from_value::<RecallStatus>(now.clone()).is_ok(),
        (TableName::Patient, "sex") => serde_json::from_value::<Sex>(now.clone()).is_ok(),
        (TableName::Patient, "birth_date_accuracy") => {
            serde_json::from_value::<BirthDateAccuracy>(now.clone()).is_ok()
        }
        _ => true,
    }
}
