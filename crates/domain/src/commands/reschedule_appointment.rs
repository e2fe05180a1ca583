//! `reschedule_appointment`: another time, length, room or practitioner.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::command::Verb;
use crate::commands::appointment_step;
use crate::decide::{Context, Decision};
use crate::entities::{Appointment, Practitioner};
use crate::fields::{AppointmentEventKind, AppointmentStatus};
use crate::ids::{AppointmentId, LocationId, PatientId, PractitionerId};
use crate::rejection::{Rejection, RejectionCode};
use crate::role::{Action, Grant, Noun};
use crate::row::{Fields, RowChange};
use crate::schedule::{AROUND_MIN, check_free, check_span};
use crate::table::TableName;
use crate::time::UtcInstant;
use crate::world::{Read, World};

/// Where and when an appointment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// With whom.
    pub practitioner_id: PractitionerId,
    /// Where.
    #[serde(default)]
    pub room_id: Option<LocationId>,
    /// From, UTC.
    pub start_at: UtcInstant,
    /// To, UTC.
    pub end_at: UtcInstant,
}

impl Slot {
    /// Where an appointment is now.
    #[must_use]
    pub fn of(a: &Appointment) -> Self {
        Self {
            practitioner_id: a.practitioner_id,
            room_id: a.room_id,
            start_at: a.start_at,
            end_at: a.end_at,
        }
    }
}

/// A move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescheduleAppointment {
    /// Which booking.
    pub appointment_id: AppointmentId,
    /// Where the author saw it.
    pub was: Slot,
    /// Where it goes.
    pub to: Slot,
    /// Over another appointment, on purpose.
    #[serde(default)]
    pub double_booking: bool,
}

impl Verb for RescheduleAppointment {
    const GRANT: Grant = (Noun::Appointment, Action::Write);

    fn reads(&self) -> Vec<Read> {
        vec![
            Read::Row(TableName::Practitioner, self.to.practitioner_id.0),
            Read::Row(TableName::Appointment, self.appointment_id.0),
            Read::Book {
                practitioner: self.to.practitioner_id,
                from: self.to.start_at.plus_minutes(-AROUND_MIN),
                to: self.to.end_at.plus_minutes(AROUND_MIN),
            },
        ]
    }

    fn patient(&self, world: &World) -> Option<PatientId> {
        appointment_step::patient(world, self.appointment_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_span(self.to.start_at, self.to.end_at)?;
        let Some((appointment, row)) = world.get::<Appointment>(self.appointment_id)? else {
            return Err(Rejection::new(RejectionCode::NotFound));
        };
        if world.get::<Practitioner>(self.to.practitioner_id)?.is_none() {
            return Err(Rejection::new(RejectionCode::NotFound));
        }
        let current = Slot::of(&appointment);
        if current == self.to {
            return Ok(Decision::applied(Vec::new()));
        }
        let movable = [AppointmentStatus::Booked, AppointmentStatus::Confirmed, AppointmentStatus::Arrived];
        if !movable.contains(&appointment.status) {
            return Err(Rejection::new(RejectionCode::WrongState));
        }
        // Two people dragged it: the second must see where it is before moving it away from there.
        if current != self.was {
            return Err(Rejection::new(RejectionCode::Moved));
        }
        if !self.double_booking {
            let to = self.to;
            check_free(world, to.practitioner_id, self.appointment_id, to.start_at, to.end_at)?;
        }
        let mut set = Fields::new();
        let mut put = |name: &str, was: serde_json::Value, now: serde_json::Value| {
            if was != now {
                set.insert(name.to_owned(), now);
            }
        };
        put("practitioner_id", json!(current.practitioner_id), json!(self.to.practitioner_id));
        put("room_id", json!(current.room_id), json!(self.to.room_id));
        put("start_at", json!(current.start_at), json!(self.to.start_at));
        put("end_at", json!(current.end_at), json!(self.to.end_at));
        put("double_booking", json!(appointment.double_booking), json!(self.double_booking));
        Ok(Decision::applied(vec![
            RowChange::update(TableName::Appointment, row, set),
            appointment_step::event(context, self.appointment_id, AppointmentEventKind::Rescheduled, None),
        ]))
    }
}
