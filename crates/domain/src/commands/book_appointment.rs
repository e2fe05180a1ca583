//! `book_appointment`: a slot of a practitioner for a patient.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::commands::appointment_step;
use crate::decide::{Context, Decision};
use crate::entities::{Appointment, AppointmentType, Patient, Practitioner};
use crate::fields::{AppointmentEventKind, AppointmentStatus};
use crate::ids::{AppointmentId, AppointmentTypeId, LocationId, PatientId, PractitionerId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::schedule::{AROUND_MIN, check_free, check_span};
use crate::table::TableName;
use crate::time::UtcInstant;
use crate::world::{Read, World};

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookAppointment {
    /// The id it gets.
    pub appointment_id: AppointmentId,
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// For whom.
    pub patient_id: PatientId,
    /// What kind.
    pub type_id: AppointmentTypeId,
    /// Where.
    #[serde(default)]
    pub room_id: Option<LocationId>,
    /// From, UTC.
    pub start_at: UtcInstant,
    /// To, UTC.
    pub end_at: UtcInstant,
    /// Over another appointment, on purpose.
    #[serde(default)]
    pub double_booking: bool,
    /// A word from the desk.
    #[serde(default)]
    pub note: Option<String>,
}

impl Verb for BookAppointment {
    const GRANT: Grant = (Noun::Appointment, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![
            Read::Row(TableName::Practitioner, self.practitioner_id.0),
            Read::Row(TableName::Patient, self.patient_id.0),
            Read::Row(TableName::AppointmentType, self.type_id.0),
            Read::Row(TableName::Appointment, self.appointment_id.0),
            Read::Book {
                practitioner: self.practitioner_id,
                from: self.start_at.plus_minutes(-AROUND_MIN),
                to: self.end_at.plus_minutes(AROUND_MIN),
            },
        ]
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_span(self.start_at, self.end_at)?;
        if world.row(TableName::Appointment, self.appointment_id).is_some() {
            return Err(Rejection::new(RejectionCode::AlreadyExists));
        }
        let known = world.get::<Practitioner>(self.practitioner_id)?.is_some()
            && world.get::<Patient>(self.patient_id)?.is_some()
            && world.get::<AppointmentType>(self.type_id)?.is_some();
        if !known {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        if !self.double_booking {
            check_free(world, self.practitioner_id, self.appointment_id, self.start_at, self.end_at)?;
        }
        let appointment = Appointment {
            id: self.appointment_id,
            practitioner_id: self.practitioner_id,
            patient_id: self.patient_id,
            type_id: self.type_id,
            room_id: self.room_id,
            start_at: self.start_at,
            end_at: self.end_at,
            status: AppointmentStatus::Booked,
            double_booking: self.double_booking,
            note: self.note.clone(),
            arrived_at: None,
            started_at: None,
            finished_at: None,
            cancelled_reason: None,
        };
        Ok(Decision::applied(vec![
            RowChange::insert(self.appointment_id, &appointment),
            appointment_step::event(context, self.appointment_id, AppointmentEventKind::Booked, None),
        ]))
    }
}
