//! What the verbs that move an appointment from state to state have in common.

use serde_json::{Value, json};

use crate::decide::{Context, Decision};
use crate::entities::{Appointment, AppointmentEvent};
use crate::fields::{AppointmentEventKind, AppointmentStatus};
use crate::ids::{AppointmentEventId, AppointmentId, PatientId, derived};
use crate::rejection::{Rejection, RejectionCode};
use crate::row::{Fields, RowChange};
use crate::table::TableName;
use crate::world::{Read, World};

/// A step: allowed from some states, to one, with the columns it sets and the event it leaves.
pub(super) struct Step<'a> {
    pub appointment_id: AppointmentId,
    pub from: &'a [AppointmentStatus],
    pub to: AppointmentStatus,
    pub event: AppointmentEventKind,
    /// A column of the appointment that gets the author's time.
    pub stamp: Option<&'static str>,
    pub reason: Option<String>,
}

pub(super) fn reads(appointment: AppointmentId) -> Vec<Read> {
    vec![Read::Row(TableName::Appointment, appointment.0)]
}

pub(super) fn patient(world: &World, appointment: AppointmentId) -> Option<PatientId> {
    world.get::<Appointment>(appointment).ok().flatten().map(|(a, _)| a.patient_id)
}

pub(super) fn event(
    context: &Context,
    appointment_id: AppointmentId,
    kind: AppointmentEventKind,
    reason: Option<String>,
) -> RowChange {
    let id = AppointmentEventId(derived(context.command_id, "event"));
    RowChange::insert(id, &AppointmentEvent { id, appointment_id, kind, at: context.issued_at, reason })
}

impl Step<'_> {
    /// A step that somebody else has taken already is nothing to do; one from a wrong state is a rejection.
    pub(super) fn decide(self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        let Some((appointment, row)) = world.get::<Appointment>(self.appointment_id)? else {
            return Err(Rejection::new(RejectionCode::NotFound));
        };
        if appointment.status == self.to {
            return Ok(Decision::applied(Vec::new()));
        }
        if !self.from.contains(&appointment.status) {
            return Err(Rejection::new(RejectionCode::WrongState));
        }
        let mut set = Fields::new();
        set.insert("status".into(), json!(self.to));
        if let Some(column) = self.stamp {
            set.insert(column.into(), json!(context.issued_at));
        }
        if let Some(reason) = &self.reason {
            set.insert("cancelled_reason".into(), Value::String(reason.clone()));
        }
        Ok(Decision::applied(vec![
            RowChange::update(TableName::Appointment, row, set),
            event(context, self.appointment_id, self.event, self.reason),
        ]))
    }
}
