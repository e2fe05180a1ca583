//! `break_glass`: somebody opens a restricted record for an hour and says why. The practice manager is told.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::BrokenGlass;
use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

use super::record_entry::{LINE_CHARS, needed};

/// The shortest reason, characters: a word, not a full stop.
pub const SHORTEST_REASON: usize = 5;

/// A glass that is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Whose record.
    pub patient_id: PatientId,
    /// Why.
    pub reason: String,
}

impl Verb for BreakGlass {
    const GRANT: Grant = (Noun::BrokenGlass, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(TableName::Patient, self.patient_id.0)]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    /// Whether the record is restricted is not asked: what was opened offline was opened, whoever lifted it meanwhile.
    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Patient, self.patient_id).is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        let reason = needed("reason", &self.reason, LINE_CHARS)?;
        if reason.chars().count() < SHORTEST_REASON {
            return Err(Rejection::invalid("reason"));
        }
        let glass = BrokenGlass {
            id: context.command_id.0,
            patient_id: self.patient_id,
            opened_at: context.issued_at,
            reason,
            seen_by: None,
            seen_at: None,
        };
        Ok(Decision::applied(vec![RowChange::insert(glass.id, &glass)]))
    }
}
