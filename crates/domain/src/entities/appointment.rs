//! The book.

use crate::fields::AppointmentStatus;
use crate::ids::{AppointmentId, AppointmentTypeId, LocationId, PatientId, PractitionerId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A booking.
    Appointment, id: AppointmentId, "appointment", Front {
        /// With whom.
        practitioner_id: PractitionerId,
        /// For whom.
        patient_id: PatientId,
        /// What kind.
        type_id: AppointmentTypeId,
        /// Where.
        room_id: Option<LocationId>,
        /// From, UTC.
        start_at: UtcInstant,
        /// To, UTC, after `start_at`.
        end_at: UtcInstant,
        /// Where it stands.
        status: AppointmentStatus,
        /// Booked over another on purpose.
        double_booking: bool,
        /// A word from the desk.
        note: Option<String> => Sealed,
        /// When the patient came in.
        arrived_at: Option<UtcInstant>,
        /// When the consultation began.
        started_at: Option<UtcInstant>,
        /// When it ended.
        finished_at: Option<UtcInstant>,
        /// Why it was called off.
        cancelled_reason: Option<String> => Sealed,
    }
}
