//! `register_patient`: a new patient with what the desk asks first.

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::command::Verb;
use crate::commands::PatientParts;
use crate::decide::{Context, Decision};
use crate::entities::Patient;
use crate::fields::{BirthDateAccuracy, Sex};
use crate::ids::{PatientId, PractitionerId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// The columns of a patient that people fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientDetails {
    /// `Ms`.
    #[serde(default)]
    pub title: Option<String>,
    /// Family name; the only field that must be there (some people have one name).
    pub family_name: String,
    /// Given names.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Preferred name.
    #[serde(default)]
    pub preferred_name: Option<String>,
    /// Birth date.
    #[serde(default)]
    pub birth_date: Option<ClinicDate>,
    /// How sure it is.
    pub birth_date_accuracy: BirthDateAccuracy,
    /// Sex.
    pub sex: Sex,
    /// Gender.
    #[serde(default)]
    pub gender: Option<String>,
    /// Pronouns.
    #[serde(default)]
    pub pronouns: Option<String>,
    /// Indigenous status.
    #[serde(default)]
    pub indigenous_status: Option<String>,
    /// Interpreter.
    #[serde(default)]
    pub interpreter_language: Option<String>,
    /// Usual practitioner.
    #[serde(default)]
    pub usual_practitioner_id: Option<PractitionerId>,
}

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterPatient {
    /// The id the patient gets.
    pub patient_id: PatientId,
    /// Who they are.
    pub details: PatientDetails,
    /// What hangs on them.
    #[serde(default)]
    pub parts: PatientParts,
}

impl Verb for RegisterPatient {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![Read::Row(TableName::Patient, self.patient_id.0), Read::NextRecordNumber]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, _: &Context, world: &World) -> Result<Decision, Rejection> {
        let d = &self.details;
        if d.family_name.trim().is_empty() {
            return Err(Rejection::invalid("family_name"));
        }
        if world.row(TableName::Patient, self.patient_id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        let text =
            |v: &Option<String>| v.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let patient = Patient {
            id: self.patient_id,
            record_number: world.next_record_number.clone(),
            title: text(&d.title),
            family_name: d.family_name.trim().to_owned(),
            given_name: text(&d.given_name),
            preferred_name: text(&d.preferred_name),
            birth_date: d.birth_date,
            birth_date_accuracy: d.birth_date_accuracy,
            sex: d.sex,
            gender: text(&d.gender),
            pronouns: text(&d.pronouns),
            indigenous_status: text(&d.indigenous_status),
            interpreter_language: text(&d.interpreter_language),
            deceased_on: None,
            usual_practitioner_id: d.usual_practitioner_id,
            merged_into: None,
            field_changes: Map::new(),
        };
        let mut changes = vec![RowChange::insert(self.patient_id, &patient)];
        changes.extend(self.parts.inserts(self.patient_id));
        Ok(Decision::applied(changes))
    }
}
