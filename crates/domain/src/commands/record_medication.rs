//! `record_medication`: a medicine that is prescribed or taken.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::record_entry::{self, LINE_CHARS, NAME_CHARS, check_new, maybe, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Medication;
use crate::fields::EntryStatus;
use crate::ids::{MedicationId, PatientId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::substance;
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// More than this is a slip of the keyboard.
const MOST_QUANTITY: i64 = 10_000;
/// More than this nobody may supply.
const MOST_REPEATS: i64 = 99;

/// A medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordMedication {
    /// The id it gets.
    pub medication_id: MedicationId,
    /// Whose.
    pub patient_id: PatientId,
    /// Its code, when it is one of the list.
    #[serde(default)]
    pub code: Option<String>,
    /// Name and strength.
    pub text: String,
    /// How it is taken.
    #[serde(default)]
    pub directions: Option<String>,
    /// How much at a time.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// How often more.
    #[serde(default)]
    pub repeats: Option<i64>,
    /// What for.
    #[serde(default)]
    pub reason: Option<String>,
    /// Since when.
    #[serde(default)]
    pub started_on: Option<ClinicDate>,
    /// Why it is given against an allergy that was shown.
    #[serde(default)]
    pub allergy_override: Option<String>,
}

impl Verb for RecordMedication {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::Medication, self.medication_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    /// What was prescribed was prescribed: an allergy that the prescriber could not see, because somebody wrote it down
    /// elsewhere, refuses nothing. [`substance::unanswered`] finds such a medicine on every screen until somebody answers for it.
    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Medication, self.medication_id.0)?;
        if self.code.as_deref().is_some_and(|code| substance::by_code(code).is_none_or(|s| !s.medicine)) {
            return Err(Rejection::invalid("code"));
        }
        if self.quantity.is_some_and(|n| !(1..=MOST_QUANTITY).contains(&n)) {
            return Err(Rejection::invalid("quantity"));
        }
        if self.repeats.is_some_and(|n| !(0..=MOST_REPEATS).contains(&n)) {
            return Err(Rejection::invalid("repeats"));
        }
        let medication = Medication {
            id: self.medication_id,
            patient_id: self.patient_id,
            code: self.code.clone(),
            text: needed("text", &self.text, NAME_CHARS)?,
            directions: maybe("directions", self.directions.as_deref(), LINE_CHARS)?,
            quantity: self.quantity,
            repeats: self.repeats,
            reason: maybe("reason", self.reason.as_deref(), LINE_CHARS)?,
            started_on: self.started_on,
            ended_on: None,
            allergy_override: maybe("allergy_override", self.allergy_override.as_deref(), LINE_CHARS)?,
            status: EntryStatus::Active,
            field_changes: Map::new(),
        };
        Ok(Decision::applied(vec![RowChange::insert(self.medication_id, &medication)]))
    }
}
