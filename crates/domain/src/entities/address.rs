//! Addresses of a patient.

use serde_json::{Map, Value};

use crate::fields::AddressKind;
use crate::ids::{AddressId, PatientId};
use crate::table::entity;

entity! {
    /// Where somebody lives or gets letters.
    Address, id: AddressId, "address", Front {
        /// Whose.
        patient_id: PatientId,
        /// Home or postal.
        kind: AddressKind,
        /// Street and number.
        line1: String,
        /// Second line.
        line2: Option<String>,
        /// Suburb or town.
        suburb: Option<String>,
        /// State or territory.
        state: Option<String>,
        /// Four characters, leading zeros kept.
        postcode: Option<String>,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
