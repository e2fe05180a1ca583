//! `restrict_patient`: a patient's record is shut to all but some, or opened to all again. The later word holds.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Restriction;
use crate::ids::{PatientId, UserId};
use crate::rejection::{Rejection, RejectionCode};
use crate::restriction::id_of;
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// The most people who open one restricted record without a word: with more of them it is none.
pub const MOST_PEOPLE: usize = 20;

/// A restriction, or its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestrictPatient {
    /// Whose record.
    pub patient_id: PatientId,
    /// False lifts it.
    pub restricted: bool,
    /// Who opens it as any other record.
    #[serde(default)]
    pub open_to: Vec<UserId>,
}

impl Verb for RestrictPatient {
    const GRANT: Grant = (Noun::Restriction, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![
            Read::Row(TableName::Patient, self.patient_id.0),
            Read::Row(TableName::Restriction, id_of(self.patient_id)),
        ]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn act(&self) -> Option<&'static str> {
        (!self.restricted).then_some("lift_restriction")
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Patient, self.patient_id).is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        if self.open_to.len() > MOST_PEOPLE {
            return Err(Rejection::invalid("open_to"));
        }
        let id = id_of(self.patient_id);
        let restriction = Restriction {
            id,
            patient_id: self.patient_id,
            active: self.restricted,
            open_to: json!(self.open_to),
        };
        let Some(row) = world.row(TableName::Restriction, id) else {
            let change = self.restricted.then(|| RowChange::insert(id, &restriction));
            return Ok(Decision::applied(change.into_iter().collect()));
        };
        let mut set = Fields::new();
        for (field, now) in [("active", json!(restriction.active)), ("open_to", restriction.open_to)] {
            if row.field(field) != &now {
                set.insert(field.to_owned(), now);
            }
        }
        let change = (!set.is_empty()).then(|| RowChange::update(TableName::Restriction, row, set));
        Ok(Decision::applied(change.into_iter().collect()))
    }
}
