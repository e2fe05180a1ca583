//! `finish_consultation`: the consultation is over.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::commands::appointment_step::{self, Step};
use crate::decide::{Context, Decision};
use crate::fields::{AppointmentEventKind, AppointmentStatus};
use crate::ids::{AppointmentId, PatientId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::world::{Read, World};

/// the consultation is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishConsultation {
    /// Which booking.
    pub appointment_id: AppointmentId,
}

impl Verb for FinishConsultation {
    const GRANT: Grant = (Noun::Encounter, Action::Write);

    fn reads(&self) -> Vec<Read> {
        appointment_step::reads(self.appointment_id)
    }

    fn patient(&self, world: &World) -> Option<PatientId> {
        appointment_step::patient(world, self.appointment_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        Step {
            appointment_id: self.appointment_id,
            from: &[AppointmentStatus::InConsult],
            to: AppointmentStatus::Done,
            event: AppointmentEventKind::Done,
            stamp: Some("finished_at"),
            reason: None,
        }
        .decide(context, world)
    }
}
