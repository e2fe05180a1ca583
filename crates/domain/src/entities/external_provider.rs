//! The clinic's address book: who outside of it cares for its patients.

use serde_json::{Map, Value};

use crate::ids::ProviderId;
use crate::table::entity;

entity! {
    /// A specialist, a pathologist, another clinic.
    ExternalProvider, id: ProviderId, "external_provider", Ref {
        /// Name as on letters: `Dr Priya Raman`.
        name: String,
        /// `Cardiologist`.
        profession: Option<String>,
        /// Where they work.
        organisation: Option<String>,
        /// Street and number, or post box.
        line1: Option<String>,
        /// Suburb or town.
        suburb: Option<String>,
        /// State or territory.
        state: Option<String>,
        /// Four characters, leading zeros kept.
        postcode: Option<String>,
        /// Phone, as written.
        phone: Option<String>,
        /// Fax, as written.
        fax: Option<String>,
        /// Email address, or that of a secure messaging system.
        email: Option<String>,
        /// Medicare provider number.
        provider_number: Option<String>,
        /// Still to be offered.
        active: bool,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
