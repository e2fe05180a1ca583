//! `record_observations`: what was measured at one time, or a value put right.

use serde::{Deserialize, Serialize};

use super::record_entry::{LINE_CHARS, maybe};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Observation;
use crate::fields::ObservationCode;
use crate::ids::{AppointmentId, ObservationId, PatientId};
use crate::measure;
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::time::UtcInstant;
use crate::world::{Read, World};

/// Clocks differ; nothing is measured later than so many minutes after it was written down.
const AHEAD_MIN: i64 = 24 * 60;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewObservation {
    /// The id it gets.
    pub id: ObservationId,
    /// What.
    pub code: ObservationCode,
    /// In thousandths; none only with `supersedes`: the old value was wrong, and there is no other.
    #[serde(default)]
    pub value_milli: Option<i64>,
    /// Diastolic, in thousandths.
    #[serde(default)]
    pub second_milli: Option<i64>,
    /// UCUM unit; that of the code.
    pub unit: String,
    /// A word about it.
    #[serde(default)]
    pub comment: Option<String>,
    /// The value that it puts right.
    #[serde(default)]
    pub supersedes: Option<ObservationId>,
}

/// Values of one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordObservations {
    /// Of whom.
    pub patient_id: PatientId,
    /// In which consultation.
    #[serde(default)]
    pub appointment_id: Option<AppointmentId>,
    /// When they were measured, UTC.
    pub effective_at: UtcInstant,
    /// The values.
    pub observations: Vec<NewObservation>,
}

impl Verb for RecordObservations {
    const GRANT: Grant = (Noun::ClinicalRecord, Action::Write);

    fn reads(&self) -> Vec<Read> {
        let mut reads = vec![Read::Row(TableName::Patient, self.patient_id.0)];
        for it in &self.observations {
            reads.push(Read::Row(TableName::Observation, it.id.0));
            reads.extend(it.supersedes.map(|old| Read::Row(TableName::Observation, old.0)));
        }
        reads
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        if world.row(TableName::Patient, self.patient_id).is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        if self.observations.is_empty() {
            return Err(Rejection::invalid("observations"));
        }
        if self.effective_at > context.issued_at.plus_minutes(AHEAD_MIN) {
            return Err(Rejection::invalid("effective_at"));
        }
        let rows = self.observations.iter().map(|it| self.row(world, it));
        Ok(Decision::applied(rows.collect::<Result<_, _>>()?))
    }
}

impl RecordObservations {
    fn row(&self, world: &World, it: &NewObservation) -> Result<RowChange, Rejection> {
        if world.row(TableName::Observation, it.id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        if let Some(old) = it.supersedes {
            let found = world.get::<Observation>(old)?.map(|(old, _)| old);
            if found.is_none_or(|old| old.patient_id != self.patient_id || old.code != it.code) {
                return Err(Rejection::new(RejectionCode::NotFound));
            }
        }
        if it.unit != it.code.measure().unit {
            return Err(Rejection::invalid("unit"));
        }
        match it.value_milli {
            Some(value) => {
                let fits = measure::check(it.code, value, it.second_milli);
                fits.map_err(|_| Rejection::invalid(it.code.as_str()))?;
            }
            None if it.supersedes.is_none() || it.second_milli.is_some() => {
                return Err(Rejection::invalid(it.code.as_str()));
            }
            None => {}
        }
        let observation = Observation {
            id: it.id,
            patient_id: self.patient_id,
            appointment_id: self.appointment_id,
            code: it.code,
            value_milli: it.value_milli,
            second_milli: it.second_milli,
            unit: it.unit.clone(),
            effective_at: self.effective_at,
            comment: maybe("comment", it.comment.as_deref(), LINE_CHARS)?,
            supersedes: it.supersedes,
        };
        Ok(RowChange::insert(it.id, &observation))
    }
}
