//! `resolve_conflict`: somebody looked at both values and chose.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attention::{FieldChange, conflicts_of};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Conflict;
use crate::fields::ConflictStatus;
use crate::ids::{ConflictId, PatientId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// Which of the two values is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The one that the row has.
    Kept,
    /// The one that it replaced.
    Other,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveConflict {
    /// Which conflict.
    pub conflict_id: ConflictId,
    /// The table of the row it is about.
    pub table: TableName,
    /// The row it is about.
    pub row_id: Uuid,
    /// Which value.
    pub choice: Choice,
}

impl Verb for ResolveConflict {
    const GRANT: Grant = (Noun::Conflict, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(conflicts_of(self.table), self.conflict_id.0), Read::Row(self.table, self.row_id)]
    }

    fn patient(&self, world: &World) -> Option<PatientId> {
        let row = world.row(conflicts_of(self.table), self.conflict_id)?;
        row.read::<Conflict>().ok().and_then(|c| c.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        let not_found = || Rejection::new(RejectionCode::NotFound);
        let conflicts = conflicts_of(self.table);
        // The desk has no row of these, and is refused here too.
        let clinician = context.roles.iter().any(|role| role.may((Noun::ClinicalRecord, Action::Write)));
        if conflicts == TableName::RecordConflict && !clinician {
            return Err(Rejection::new(RejectionCode::NotAllowed));
        }
        let conflict_row = world.row(conflicts, self.conflict_id).ok_or_else(not_found)?;
        let conflict: Conflict = conflict_row.read()?;
        let row = world.row(self.table, self.row_id).ok_or_else(not_found)?;
        if conflict.table_name != self.table.as_str() || conflict.row_id != self.row_id {
            return Err(not_found());
        }
        let current = row.field(&conflict.field);
        let chosen = match self.choice {
            // "As it is now" means just that, also when somebody has typed a third value since.
            Choice::Kept => current.clone(),
            Choice::Other => conflict.other_value.clone(),
        };
        if conflict.status == ConflictStatus::Resolved {
            return if conflict.chosen_value == chosen {
                Ok(Decision::applied(Vec::new()))
            } else {
                Err(Rejection::new(RejectionCode::AlreadyResolved))
            };
        }
        // A third value was never on the author's screen: it is not overwritten unseen.
        if self.choice == Choice::Other && current != &conflict.kept_value && current != &chosen {
            return Err(Rejection::new(RejectionCode::Moved));
        }
        let mut changes = Vec::new();
        if current != &chosen {
            let mut stamps = row.field("field_changes").as_object().cloned().unwrap_or_default();
            stamps.insert(conflict.field.clone(), FieldChange::of(context));
            let mut set = Fields::new();
            set.insert(conflict.field.clone(), chosen.clone());
            set.insert("field_changes".into(), Value::Object(stamps));
            changes.push(RowChange::update(self.table, row, set));
        }
        let mut set = Fields::new();
        set.insert("status".into(), json!(ConflictStatus::Resolved));
        set.insert("chosen_value".into(), chosen);
        set.insert("resolved_by".into(), json!(context.author));
        set.insert("resolved_at".into(), json!(context.issued_at));
        changes.push(RowChange::update(conflicts, conflict_row, set));
        Ok(Decision::applied(changes))
    }
}
