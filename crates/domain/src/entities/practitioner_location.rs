//! Provider numbers: one per practitioner and site.

use crate::ids::{LocationId, PractitionerId};
use crate::table::entity;

entity! {
    /// A provider number.
    PractitionerLocation, id: uuid::Uuid, "practitioner_location", Ref {
        /// Whose.
        practitioner_id: PractitionerId,
        /// Where.
        location_id: Option<LocationId>,
        /// As issued.
        provider_number: String,
        /// It does not pass its check; kept all the same.
        check_failed: bool,
    }
}
