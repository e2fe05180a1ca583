//! Undo: a command like any other, the inverse of what this person did last in this window.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::AppointmentId;
use wattle_domain::commands::{CancelAppointment, RescheduleAppointment};

use crate::ipc;
use crate::state::desk::Desk;

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// A booking was made.
    Booked(AppointmentId),
    /// A booking was moved: this moves it back.
    Moved(RescheduleAppointment),
}

/// What can be undone, latest last.
#[derive(Clone, Copy)]
pub(crate) struct Undo {
    deeds: RwSignal<Vec<Deed>>,
}

const MOST: usize = 50;

impl Undo {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { deeds: RwSignal::new(Vec::new()) }
    }

    /// Something was done.
    pub(crate) fn remember(self, deed: Deed) {
        self.deeds.update(|deeds| {
            deeds.push(deed);
            let extra = deeds.len().saturating_sub(MOST);
            deeds.drain(..extra);
        });
    }

    /// Nothing can be undone any more.
    pub(crate) fn forget(self) {
        self.deeds.set(Vec::new());
    }

    /// Undoes what was done last.
    pub(crate) fn last(self, desk: Desk) {
        let Some(deed) = self.deeds.try_update(Vec::pop).flatten() else {
            desk.toasts.done("Nothing to undo.", Vec::new());
            return;
        };
        self.run(desk, deed);
    }

    /// Undoes just this, if it has not been undone.
    pub(crate) fn this(self, desk: Desk, deed: &Deed) {
        let found = self.deeds.try_update(|deeds| {
            let at = deeds.iter().rposition(|d| d == deed)?;
            Some(deeds.remove(at))
        });
        if let Some(Some(deed)) = found {
            self.run(desk, deed);
        }
    }

    fn run(self, desk: Desk, deed: Deed) {
        spawn_local(async move {
            let (answer, said) = match deed {
                Deed::Booked(appointment_id) => (
                    ipc::daybook::cancel_appointment(CancelAppointment {
                        appointment_id,
                        reason: "Booked by mistake".into(),
                    })
                    .await,
                    "The booking is undone.",
                ),
                Deed::Moved(back) => (
                    ipc::daybook::reschedule_appointment(back).await,
                    "The appointment is back where it was.",
                ),
            };
            match answer {
                Ok(_) => desk.toasts.done(said, Vec::new()),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    }
}
