//! `record_allergy`: what a patient does not bear, or that nothing is known.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::record_entry::{self, LINE_CHARS, NAME_CHARS, check_new, maybe, needed};
use crate::attention::FieldChange;
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Allergy;
use crate::fields::{AllergyKind, AllergySeverity, EntryStatus};
use crate::ids::{AllergyId, PatientId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, Row, RowChange};
use crate::substance;
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// An allergy, an intolerance, or nil known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAllergy {
    /// The id it gets.
    pub allergy_id: AllergyId,
    /// Whose.
    pub patient_id: PatientId,
    /// Which of the three.
    pub kind: AllergyKind,
    /// To what; not for nil known.
    #[serde(default)]
    pub substance: Option<String>,
    /// Its code, when it is one of the list.
    #[serde(default)]
    pub code: Option<String>,
    /// What happened.
    #[serde(default)]
    pub reaction: Option<String>,
    /// How bad.
    #[serde(default)]
    pub severity: Option<AllergySeverity>,
    /// Since when.
    #[serde(default)]
    pub onset_on: Option<ClinicDate>,
}

impl Verb for RecordAllergy {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let mut reads = record_entry::reads(self.patient_id, TableName::Allergy, self.allergy_id.0);
        reads.push(Read::OfPatient(TableName::Allergy, self.patient_id));
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    /// An addition always stands; nil known gives way to it, and is refused beside one.
    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Allergy, self.allergy_id.0)?;
        let nil = self.kind == AllergyKind::NilKnown;
        let mut standing: Vec<(Allergy, &Row)> = Vec::new();
        for row in world.of(TableName::Allergy).filter(|row| row.attribution.deleted_at.is_none()) {
            let allergy: Allergy = row.read()?;
            if allergy.status == EntryStatus::Active && allergy.patient_id == self.patient_id {
                standing.push((allergy, row));
            }
        }
        let (nils, real): (Vec<_>, Vec<_>) =
            standing.into_iter().partition(|(a, _)| a.kind == AllergyKind::NilKnown);
        if nil && !real.is_empty() {
            return Err(Rejection::new(RejectionCode::AllergiesStand));
        }
        if nil && !nils.is_empty() {
            return Ok(Decision::applied(Vec::new()));
        }
        let substance = match &self.substance {
            _ if nil => None,
            Some(text) => Some(needed("substance", text, NAME_CHARS)?),
            None => return Err(Rejection::invalid("substance")),
        };
        let code = self.code.clone().filter(|_| !nil);
        if code.as_deref().is_some_and(|code| substance::by_code(code).is_none()) {
            return Err(Rejection::invalid("code"));
        }
        let allergy = Allergy {
            id: self.allergy_id,
            patient_id: self.patient_id,
            kind: self.kind,
            substance,
            code,
            reaction: maybe("reaction", self.reaction.as_deref(), LINE_CHARS)?.filter(|_| !nil),
            severity: self.severity.filter(|_| !nil),
            onset_on: self.onset_on,
            status: EntryStatus::Active,
            field_changes: Map::new(),
        };
        let mut changes: Vec<RowChange> = nils
            .iter()
            .map(|(_, row)| RowChange::update(TableName::Allergy, row, over(context, row)))
            .collect();
        changes.push(RowChange::insert(self.allergy_id, &allergy));
        Ok(Decision::applied(changes))
    }
}

/// Nil known is over.
fn over(context: &Context, row: &Row) -> Fields {
    let mut stamps = row.field("field_changes").as_object().cloned().unwrap_or_default();
    stamps.insert("status".into(), FieldChange::of(context));
    let mut set = Fields::new();
    set.insert("status".into(), json!(EntryStatus::Inactive));
    set.insert("field_changes".into(), Value::Object(stamps));
    set
}
