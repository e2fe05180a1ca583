//! The day book. Commands: `day_book(DayBookQuery) -> DayBook`, `book_appointment(BookAppointment)`,
//! `reschedule_appointment(RescheduleAppointment)`, `cancel_appointment(CancelAppointment)`,
//! `record_arrival(RecordArrival)`, `start_consultation(StartConsultation)`, `finish_consultation(FinishConsultation)`,
//! `mark_did_not_attend(MarkDidNotAttend)`: the domain's commands as they are; a nil id asks the shell for a new one.

use serde::{Deserialize, Serialize};
use wattle_domain::entities::{AppointmentType, Location, Practitioner, SessionTemplate};
use wattle_domain::fields::AppointmentStatus;
use wattle_domain::{
    AppointmentId, AppointmentTypeId, ClinicDate, LocationId, PatientId, PractitionerId, UserId, UtcInstant,
};

/// Arguments of `day_book`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBookQuery {
    /// First day.
    pub from: ClinicDate,
    /// How many days: 1 or 7.
    pub days: u8,
    /// Only this practitioner's, for a week.
    #[serde(default)]
    pub practitioner_id: Option<PractitionerId>,
}

/// Some days of the book, with all that is needed to draw them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayBook {
    /// Active practitioners in column order (and inactive ones that have a card).
    pub practitioners: Vec<Practitioner>,
    /// Appointment types, active or used.
    pub types: Vec<AppointmentType>,
    /// Rooms and sites.
    pub locations: Vec<Location>,
    /// Rosters, breaks and leave that touch these days.
    pub sessions: Vec<SessionTemplate>,
    /// The cards, by start; cancelled ones are left out.
    pub cards: Vec<Card>,
}

/// One appointment as the book shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Which.
    pub id: AppointmentId,
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// For whom.
    pub patient_id: PatientId,
    /// `COSTA Maria`, family name first; preferred name in brackets.
    pub patient_name: String,
    /// To tell namesakes apart.
    pub birth_date: Option<ClinicDate>,
    /// First phone to try, as stored.
    pub phone: Option<String>,
    /// What kind.
    pub type_id: AppointmentTypeId,
    /// Where.
    pub room_id: Option<LocationId>,
    /// From.
    pub start_at: UtcInstant,
    /// To.
    pub end_at: UtcInstant,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Over another on purpose.
    pub double_booking: bool,
    /// A word from the desk.
    pub note: Option<String>,
    /// When they came in.
    pub arrived_at: Option<UtcInstant>,
    /// When the consultation began.
    pub started_at: Option<UtcInstant>,
    /// When it ended.
    pub finished_at: Option<UtcInstant>,
    /// The patient has an alert that shows while booking or opening.
    pub alert: bool,
    /// The patient's first appointment.
    pub new_patient: bool,
    /// Not yet on the server.
    pub pending: bool,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
    /// When.
    pub updated_at: UtcInstant,
}
