//! `book_appointment`.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::BookAppointment;
use wattle_domain::rejection::FreeSlot;
use wattle_domain::{AppointmentId, RejectionCode};

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::toasts::WayOut;
use crate::state::undo::Deed;
use crate::{show, words};

/// Books. `done` is called once it is saved here.
pub(crate) fn book(
    desk: Desk,
    verb: BookAppointment,
    name: String,
    done: impl Fn(AppointmentId) + Clone + Send + Sync + 'static,
) {
    spawn_local(async move {
        match ipc::daybook::book_appointment(verb.clone()).await {
            Ok(written) => {
                let id = AppointmentId(written.id);
                let deed = Deed::Booked(id);
                desk.undo.remember(deed.clone());
                let at = show::when(desk.zone.get_untracked(), desk.now.get_untracked(), verb.start_at);
                let way_back = WayOut::new("Undo", move || desk.undo.this(desk, &deed));
                desk.toasts.done(format!("{name} is booked, {at}."), vec![way_back]);
                done(id);
            }
            Err(error) => {
                let taken = error.rejection.as_ref().filter(|r| r.code == RejectionCode::SlotTaken);
                let ways = taken.map(|r| instead(desk, &verb, &name, &r.free, &done)).unwrap_or_default();
                desk.toasts.fault_with(words::fault(&error), ways);
            }
        }
    });
}

/// The free slots that the rule offers, as buttons.
fn instead(
    desk: Desk,
    verb: &BookAppointment,
    name: &str,
    free: &[FreeSlot],
    done: &(impl Fn(AppointmentId) + Clone + Send + Sync + 'static),
) -> Vec<WayOut> {
    let zone = desk.zone.get_untracked();
    let way = |slot: &FreeSlot| {
        let verb = BookAppointment { start_at: slot.start_at, end_at: slot.end_at, ..verb.clone() };
        let (name, done) = (name.to_owned(), done.clone());
        WayOut::new(zone.clock(slot.start_at), move || book(desk, verb.clone(), name.clone(), done.clone()))
    };
    free.iter().map(way).collect()
}
