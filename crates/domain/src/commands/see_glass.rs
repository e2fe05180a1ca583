//! `see_glass`: the practice manager has looked at the notice of a broken glass.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::BrokenGlass;
use crate::ids::PatientId;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// A notice that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeeGlass {
    /// Which glass.
    pub glass_id: Uuid,
}

impl Verb for SeeGlass {
    const GRANT: Grant = (Noun::BrokenGlass, Action::Read);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(TableName::BrokenGlass, self.glass_id)]
    }

    fn patient(&self, world: &World) -> Option<PatientId> {
        world.get::<BrokenGlass>(self.glass_id).ok().flatten().map(|(glass, _)| glass.patient_id)
    }

    /// The first who looked stays named.
    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        let found = world.get::<BrokenGlass>(self.glass_id)?;
        let (glass, row) = found.ok_or_else(|| Rejection::new(RejectionCode::NotFound))?;
        if glass.seen_by.is_some() {
            return Ok(Decision::applied(Vec::new()));
        }
        let mut set = Fields::new();
        set.insert("seen_by".into(), json!(context.author));
        set.insert("seen_at".into(), json!(context.issued_at));
        Ok(Decision::applied(vec![RowChange::update(TableName::BrokenGlass, row, set)]))
    }
}
