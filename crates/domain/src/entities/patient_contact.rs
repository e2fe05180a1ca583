//! Phones, emails and people to call.

use serde_json::{Map, Value};

use crate::fields::ContactKind;
use crate::ids::{ContactId, PatientId};
use crate::table::entity;

entity! {
    /// A way to reach a patient.
    PatientContact, id: ContactId, "patient_contact", Front {
        /// Whose.
        patient_id: PatientId,
        /// What it is.
        kind: ContactKind,
        /// E.164 for phones that parse, else as written.
        value: String,
        /// The person, for next of kin and guardian.
        name: Option<String>,
        /// `after 5 pm`.
        note: Option<String> => Sealed,
        /// The first one to try.
        preferred: bool,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
