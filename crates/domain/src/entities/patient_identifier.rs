//! Medicare, IHI, DVA and other numbers of a patient.

use serde_json::{Map, Value};

use crate::fields::IdentifierKind;
use crate::ids::{IdentifierId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A number that somebody else gave the patient.
    PatientIdentifier, id: IdentifierId, "patient_identifier", Front {
        /// Whose.
        patient_id: PatientId,
        /// What it is.
        kind: IdentifierKind,
        /// The number, digits and letters only where its kind is known.
        value: String => Matched,
        /// Medicare individual reference number, 1 to 9; DVA entitlement colour.
        reference: Option<String> => Sealed,
        /// Expiry.
        expires_on: Option<ClinicDate>,
        /// It does not pass its check; kept all the same.
        check_failed: bool,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
