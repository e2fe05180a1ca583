//! The clinic itself: one row, whose id is the clinic's.

use crate::ids::ClinicId;
use crate::table::entity;

entity! {
    /// A tenant.
    Clinic, id: ClinicId, "clinic", Ref {
        /// Name as on letters.
        name: String,
        /// Australian business number, 11 digits.
        abn: Option<String>,
        /// IANA zone, for example `Australia/Sydney`.
        time_zone: String,
        /// State or territory.
        state: Option<String>,
    }
}
