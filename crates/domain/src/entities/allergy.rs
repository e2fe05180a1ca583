//! What a patient does not bear; or that somebody asked, and nothing is known.

use serde_json::{Map, Value};

use crate::fields::{AllergyKind, AllergySeverity, EntryStatus};
use crate::ids::{AllergyId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A line of a patient's allergies.
    Allergy, id: AllergyId, "allergy", Clinical {
        /// Whose.
        patient_id: PatientId,
        /// Allergy, intolerance, or nil known.
        kind: AllergyKind,
        /// To what, as written; `None` for nil known.
        substance: Option<String> => Sealed,
        /// Code in [`crate::substance`], when it is one of the list.
        code: Option<String>,
        /// What happened.
        reaction: Option<String> => Sealed,
        /// How bad.
        severity: Option<AllergySeverity>,
        /// When it was first seen.
        onset_on: Option<ClinicDate>,
        /// Where it stands.
        status: EntryStatus,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
