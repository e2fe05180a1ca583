//! What happened to a booking; the waiting room is a projection of it.

use crate::fields::AppointmentEventKind;
use crate::ids::{AppointmentEventId, AppointmentId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// One step in the life of a booking.
    AppointmentEvent, id: AppointmentEventId, "appointment_event", Front, append_only {
        /// Of which booking.
        appointment_id: AppointmentId,
        /// What happened.
        kind: AppointmentEventKind,
        /// When, on the author's clock.
        at: UtcInstant,
        /// Why, for a cancellation.
        reason: Option<String> => Sealed,
    }
}
