//! Steps of an appointment: arrival, consultation, did not attend, cancellation.

use leptos::task::spawn_local;
use wattle_domain::AppointmentId;
use wattle_domain::commands::{
    CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival, StartConsultation,
};
use wattle_domain::fields::AppointmentStatus;
use wattle_domain::role::{Action, Grant, Noun};

use crate::ipc;
use crate::state::desk::Desk;

/// A step without more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// They are here.
    Arrive,
    /// They go in.
    Start,
    /// They come out.
    Finish,
    /// They did not come.
    DidNotAttend,
}

impl Step {
    /// The steps that a state allows, the usual one first.
    pub(crate) fn after(status: AppointmentStatus) -> &'static [Self] {
        match status {
            AppointmentStatus::Booked | AppointmentStatus::Confirmed => {
                &[Self::Arrive, Self::Start, Self::DidNotAttend]
            }
            AppointmentStatus::Arrived => &[Self::Start],
            AppointmentStatus::InConsult => &[Self::Finish],
            _ => &[],
        }
    }

    /// What its button says.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Arrive => "Arrived",
            Self::Start => "Start consultation",
            Self::Finish => "Finish",
            Self::DidNotAttend => "Did not attend",
        }
    }

    /// Its name for scripts.
    pub(crate) fn test_id(self) -> &'static str {
        match self {
            Self::Arrive => "arrive-button",
            Self::Start => "start-button",
            Self::Finish => "finish-button",
            Self::DidNotAttend => "dna-button",
        }
    }

    /// The grant it needs: a button that can only be refused is not offered.
    pub(crate) fn grant(self) -> Grant {
        match self {
            Self::Arrive | Self::DidNotAttend => (Noun::WaitingRoom, Action::Write),
            Self::Start | Self::Finish => (Noun::Encounter, Action::Write),
        }
    }
}

/// Takes a step.
pub(crate) fn take(desk: Desk, step: Step, appointment_id: AppointmentId) {
    spawn_local(async move {
        let answer = match step {
            Step::Arrive => ipc::daybook::record_arrival(RecordArrival { appointment_id }).await,
            Step::Start => ipc::daybook::start_consultation(StartConsultation { appointment_id }).await,
            Step::Finish => ipc::daybook::finish_consultation(FinishConsultation { appointment_id }).await,
            Step::DidNotAttend => {
                ipc::daybook::mark_did_not_attend(MarkDidNotAttend { appointment_id }).await
            }
        };
        if let Err(error) = answer {
            desk.toasts.fault(&error);
        }
    });
}

/// Calls an appointment off.
pub(crate) fn cancel(desk: Desk, appointment_id: AppointmentId, reason: String, done: impl Fn() + 'static) {
    spawn_local(async move {
        match ipc::daybook::cancel_appointment(CancelAppointment { appointment_id, reason }).await {
            Ok(_) => {
                desk.toasts.done("Cancelled. The time is free again.", Vec::new());
                done();
            }
            Err(error) => desk.toasts.fault(&error),
        }
    });
}
