//! `edit_practitioner`: some fields of somebody who sees patients, each with the value that the author saw; also that they
//! see patients no more. Nobody is taken away: bookings and records name them.
//!
//! A field that somebody else has changed since is refused. No conflict row keeps both values: those travel to the desk,
//! and whoever runs the system does not hold its feed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::record_entry::NAME_CHARS;
use super::record_practitioner::{check_usual_duration, clean_number, inserts, reads_of_numbers};
use crate::attention::{FieldTest, test_field};
use crate::command::Verb;
use crate::commands::field_edits::check_value;
use crate::commands::patient_parts::clean_field;
use crate::commands::{FieldEdit, NewProviderNumber};
use crate::decide::{Context, Decision};
use crate::identifiers::provider_number;
use crate::ids::{PatientId, PractitionerId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, Row, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// Tables whose fields it edits.
const EDITABLE: [TableName; 2] = [TableName::Practitioner, TableName::PractitionerLocation];
/// Columns of them that it does not.
const FIXED: [&str; 3] = ["practitioner_id", "location_id", "check_failed"];

/// An edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditPractitioner {
    /// Whose.
    pub practitioner_id: PractitionerId,
    /// Fields of the practitioner and of their provider numbers.
    #[serde(default)]
    pub edits: Vec<FieldEdit>,
    /// Numbers that are added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provider_numbers: Vec<NewProviderNumber>,
}

impl EditPractitioner {
    fn field(&self, name: &str) -> Option<&Value> {
        let of_them = |e: &&FieldEdit| e.table == TableName::Practitioner && e.field == name;
        self.edits.iter().find(of_them).map(|edit| &edit.now)
    }
}

impl Verb for EditPractitioner {
    const GRANT: Grant = (Noun::Practitioner, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let mut reads = vec![Read::Row(TableName::Practitioner, self.practitioner_id.0)];
        reads.extend(self.edits.iter().map(|e| Read::Row(e.table, e.row_id)));
        for (field, table) in [("usual_room_id", TableName::Location), ("user_id", TableName::UserName)] {
            let named = self.field(field).and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
            reads.extend(named.map(|id| Read::Row(table, id)));
        }
        reads.extend(reads_of_numbers(&self.provider_numbers));
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn act(&self) -> Option<&'static str> {
        match self.field("active") {
            Some(Value::Bool(false)) => Some("close_practitioner"),
            Some(Value::Bool(true)) => Some("reopen_practitioner"),
            _ => None,
        }
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Practitioner, self.practitioner_id).is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        if self.edits.is_empty() && self.provider_numbers.is_empty() {
            return Err(Rejection::new(RejectionCode::Invalid));
        }
        let mut sets: BTreeMap<(TableName, Uuid), Fields> = BTreeMap::new();
        for edit in &self.edits {
            let row = self.row(world, edit)?;
            let now = checked(world, edit)?;
            match test_field(row.field(&edit.field), &edit.was, &now) {
                FieldTest::Nothing => {}
                FieldTest::Conflict => return Err(Rejection::new(RejectionCode::ChangedSince)),
                FieldTest::Write => {
                    let set = sets.entry((edit.table, edit.row_id)).or_default();
                    if let Some(number) = now.as_str().filter(|_| edit.field == "provider_number") {
                        let failed = provider_number::check(number).is_err();
                        set.insert("check_failed".to_owned(), json!(failed));
                    }
                    set.insert(edit.field.clone(), now);
                }
            }
        }
        let mut changes = Vec::new();
        for ((table, id), set) in sets {
            let Some(row) = world.row(table, id) else { continue };
            changes.push(RowChange::update(table, row, set));
        }
        changes.extend(inserts(world, self.practitioner_id, &self.provider_numbers)?);
        Ok(Decision::applied(changes))
    }
}

impl EditPractitioner {
    /// The row of an edit, if it is theirs and may be edited so.
    fn row<'w>(&self, world: &'w World, edit: &FieldEdit) -> Result<&'w Row, Rejection> {
        let known = EDITABLE.contains(&edit.table)
            && edit.table.table().column(&edit.field).is_some()
            && !FIXED.contains(&edit.field.as_str());
        if !known {
            return Err(Rejection::invalid(&edit.field));
        }
        let row =
            world.row(edit.table, edit.row_id).ok_or_else(|| Rejection::new(RejectionCode::NotFound))?;
        let theirs = match edit.table {
            TableName::Practitioner => row.id == self.practitioner_id.0,
            _ => row.field("practitioner_id") == &json!(self.practitioner_id),
        };
        if theirs { Ok(row) } else { Err(Rejection::new(RejectionCode::NotFound)) }
    }
}

/// The value as it is stored, if it may be.
fn checked(world: &World, edit: &FieldEdit) -> Result<Value, Rejection> {
    let now = match (edit.field.as_str(), &edit.now) {
        ("provider_number", Value::String(text)) => Value::String(clean_number(text)?),
        _ => clean_field(edit.table, None, &edit.field, &edit.now),
    };
    check_value(edit, &now)?;
    let id = now.as_str().and_then(|id| Uuid::parse_str(id).ok());
    let known = match edit.field.as_str() {
        "usual_room_id" => id.is_none_or(|id| world.row(TableName::Location, id).is_some()),
        "user_id" => id.is_none_or(|id| world.row(TableName::UserName, id).is_some()),
        _ => true,
    };
    if !known {
        return Err(Rejection::new(RejectionCode::NotFound));
    }
    if edit.field == "usual_duration_min" {
        check_usual_duration(now.as_i64().unwrap_or_default())?;
    }
    if now.as_str().is_some_and(|text| text.chars().count() > NAME_CHARS) {
        return Err(Rejection::invalid(&edit.field));
    }
    Ok(now)
}
