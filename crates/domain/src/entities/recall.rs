//! Whom to ask back, and when. The desk works through them.

use serde_json::{Map, Value};

use crate::fields::RecallStatus;
use crate::ids::{PatientId, PractitionerId, RecallId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A reason to ask a patient back.
    Recall, id: RecallId, "recall", Front {
        /// Whom.
        patient_id: PatientId,
        /// To whom.
        practitioner_id: Option<PractitionerId>,
        /// From which day on.
        due_on: ClinicDate,
        /// What for, in words that the desk may read out.
        reason: String => Sealed,
        /// A word from the desk.
        comment: Option<String> => Sealed,
        /// What became of it.
        status: RecallStatus,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
