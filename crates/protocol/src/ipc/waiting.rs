//! The waiting room. Command: `waiting_room() -> WaitingRoom` (today's arrivals and consultations, longest wait first).

use serde::{Deserialize, Serialize};
use wattle_domain::{AppointmentTypeId, PractitionerId};

use super::daybook::Card;

/// Who is here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRoom {
    /// Arrived and waiting, by booked time.
    pub waiting: Vec<Line>,
    /// With a practitioner.
    pub in_consult: Vec<Line>,
    /// Still to come today: booked or confirmed, by booked time.
    pub expected: Vec<Line>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The appointment.
    pub card: Card,
    /// `Dr Lee`.
    pub practitioner_name: String,
    /// Name of the room.
    pub room_name: Option<String>,
    /// Name of the type.
    pub type_name: String,
    /// Whose.
    pub practitioner_id: PractitionerId,
    /// What kind.
    pub type_id: AppointmentTypeId,
}
