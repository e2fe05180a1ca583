//! `mark_did_not_attend`: the patient did not come; the slot is free again.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::commands::appointment_step::{self, Step};
use crate::decide::{Context, Decision};
use crate::fields::{AppointmentEventKind, AppointmentStatus};
use crate::ids::{AppointmentId, PatientId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::world::{Read, World};

/// the patient did not come; the slot is free again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkDidNotAttend {
    /// Which booking.
    pub appointment_id: AppointmentId,
}

impl Verb for MarkDidNotAttend {
    const GRANT: Grant = (Noun::WaitingRoom, Action::Write);

    fn reads(&self) -> Vec<Read> {
        appointment_step::reads(self.appointment_id)
    }

    fn patient(&self, world: &World) -> Option<PatientId> {
        appointment_step::patient(world, self.appointment_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        Step {
            appointment_id: self.appointment_id,
            from: &[AppointmentStatus::Booked, AppointmentStatus::Confirmed],
            to: AppointmentStatus::DidNotAttend,
            event: AppointmentEventKind::DidNotAttend,
            stamp: None,
            reason: None,
        }
        .decide(context, world)
    }
}
