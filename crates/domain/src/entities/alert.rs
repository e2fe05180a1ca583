//! Warnings shown with a patient.

use crate::fields::{AlertPlace, AlertSeverity};
use crate::ids::{AlertId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A warning.
    Alert, id: AlertId, "alert", Front {
        /// About whom.
        patient_id: PatientId,
        /// How loud.
        severity: AlertSeverity,
        /// What it says.
        text: String => Sealed,
        /// Where it shows.
        place: AlertPlace,
        /// Last day it shows.
        expires_on: Option<ClinicDate>,
    }
}
