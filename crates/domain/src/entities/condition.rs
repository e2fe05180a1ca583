//! Problems of a patient, present and past.

use serde_json::{Map, Value};

use crate::fields::EntryStatus;
use crate::ids::{ConditionId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A problem.
    Condition, id: ConditionId, "condition", Clinical {
        /// Whose.
        patient_id: PatientId,
        /// Code in [`crate::problem`], when it is one of the list.
        code: Option<String>,
        /// What it is, as written.
        text: String => Sealed,
        /// A word about it.
        comment: Option<String> => Sealed,
        /// Since when.
        onset_on: Option<ClinicDate>,
        /// Until when.
        ended_on: Option<ClinicDate>,
        /// Where it stands; inactive is resolved.
        status: EntryStatus,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
