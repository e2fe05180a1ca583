//! Kinds of appointments.

use crate::ids::AppointmentTypeId;
use crate::table::entity;

entity! {
    /// A kind of appointment.
    AppointmentType, id: AppointmentTypeId, "appointment_type", Ref {
        /// `Standard consultation`.
        name: String,
        /// Usual length, minutes.
        duration_min: i64,
        /// One of the eight appointment hues, 1 to 8.
        hue: i64,
        /// Order in lists.
        sort: i64,
        /// Still offered.
        active: bool,
    }
}
