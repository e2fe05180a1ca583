//! `reschedule_appointment`: what was carried is put down.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::RejectionCode;
use wattle_domain::commands::{RescheduleAppointment, Slot};

use crate::ipc;
use crate::state::book::{Book, Carry, Over};
use crate::state::desk::Desk;
use crate::state::toasts::WayOut;
use crate::state::undo::Deed;
use crate::{show, words};

/// Puts down what is carried. A taken slot asks first.
pub(crate) fn put_down(desk: Desk, book: Book) {
    let Some(carry) = book.carry.get_untracked() else { return };
    book.carry.set(None);
    let key = book.laid.with_untracked(|l| l.columns.get(carry.column).map(|c| c.key()));
    let Some(key) = key else { return };
    let same =
        key == carry.from.column && carry.start == carry.from.start && carry.length == carry.from.length;
    if same {
        return;
    }
    let taken_by = book.laid.with_untracked(|l| {
        let other = l.taken(key, carry.start, carry.start + carry.length, Some(carry.from.card.id))?;
        Some(format!(
            "{} at {}",
            other.card.patient_name,
            desk.zone.get_untracked().clock(other.card.start_at)
        ))
    });
    match taken_by {
        Some(taken_by) => book.over.set(Some(Over { carry, taken_by })),
        None => go(desk, book, &carry, false),
    }
}

/// Moves it, over another one when that was said.
pub(crate) fn go(desk: Desk, book: Book, carry: &Carry, double_booking: bool) {
    let key = book.laid.with_untracked(|l| l.columns.get(carry.column).map(|c| c.key()));
    let Some(key) = key else { return };
    let card = &carry.from.card;
    let was = Slot {
        practitioner_id: card.practitioner_id,
        room_id: card.room_id,
        start_at: card.start_at,
        end_at: card.end_at,
    };
    let start_at = if carry.resize { card.start_at } else { book.instant(desk, key, carry.start) };
    // Another practitioner sits in another room.
    let room_id = if key.0 == card.practitioner_id {
        card.room_id
    } else {
        book.practitioner(key.0).and_then(|p| p.usual_room_id)
    };
    let to = Slot {
        practitioner_id: key.0,
        room_id,
        start_at,
        end_at: start_at.plus_minutes(carry.length.into()),
    };
    send(desk, book, RescheduleAppointment { appointment_id: card.id, was, to, double_booking });
}

fn send(desk: Desk, book: Book, verb: RescheduleAppointment) {
    let back = RescheduleAppointment { was: verb.to, to: verb.was, ..verb.clone() };
    let to = verb.to;
    spawn_local(async move {
        match ipc::daybook::reschedule_appointment(verb.clone()).await {
            Ok(_) => {
                let deed = Deed::Moved(back);
                desk.undo.remember(deed.clone());
                let zone = desk.zone.get_untracked();
                let said = format!(
                    "Moved to {}, {}.",
                    show::when(zone, desk.now.get_untracked(), to.start_at),
                    book.practitioner_name(to.practitioner_id)
                );
                desk.toasts.done(said, vec![WayOut::new("Undo", move || desk.undo.this(desk, &deed))]);
            }
            Err(error) => {
                let taken = error.rejection.as_ref().filter(|r| r.code == RejectionCode::SlotTaken);
                let ways = taken.map(|r| instead(desk, book, &verb, &r.free)).unwrap_or_default();
                desk.toasts.fault_with(words::fault(&error), ways);
            }
        }
    });
}

/// The free slots that the rule offers, as buttons.
fn instead(
    desk: Desk,
    book: Book,
    verb: &RescheduleAppointment,
    free: &[wattle_domain::rejection::FreeSlot],
) -> Vec<WayOut> {
    let zone = desk.zone.get_untracked();
    let way = |slot: &wattle_domain::rejection::FreeSlot| {
        let to = Slot { start_at: slot.start_at, end_at: slot.end_at, ..verb.to };
        let verb = RescheduleAppointment { to, ..verb.clone() };
        WayOut::new(zone.clock(slot.start_at), move || send(desk, book, verb.clone()))
    };
    free.iter().map(way).collect()
}
