//! What was measured. Only grows: a wrong value is superseded by a row that says so.

use crate::fields::ObservationCode;
use crate::ids::{AppointmentId, ObservationId, PatientId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A measured value, in thousandths of its unit; see [`crate::measure`] for units and ranges.
    Observation, id: ObservationId, "observation", Clinical, append_only {
        /// Of whom.
        patient_id: PatientId,
        /// In which consultation.
        appointment_id: Option<AppointmentId>,
        /// What.
        code: ObservationCode,
        /// The value in thousandths; `None` takes the superseded one back without another.
        value_milli: Option<i64>,
        /// The second value in thousandths: diastolic.
        second_milli: Option<i64>,
        /// UCUM unit, always that of the code.
        unit: String,
        /// When it was measured, UTC.
        effective_at: UtcInstant,
        /// A word about it.
        comment: Option<String> => Sealed,
        /// The row that this one puts right.
        supersedes: Option<ObservationId>,
    }
}
