//! The waiting room.

use std::collections::BTreeMap;

use wattle_domain::UtcInstant;
use wattle_domain::entities::{AppointmentType, Location, Practitioner};
use wattle_domain::fields::AppointmentStatus;
use wattle_protocol::ipc::waiting::{Line, WaitingRoom};

use super::day_book;
use crate::error::Error;
use crate::store::Store;

impl Store {
    /// Who is here on the clinic's day that `now` falls on, who is with somebody, and who is still to come; by booked time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn waiting_room(&self, now: UtcInstant) -> Result<WaitingRoom, Error> {
        self.read(|connection| {
            let practitioners: BTreeMap<_, _> = day_book::all(connection, "", |_: &Practitioner| true)?
                .into_iter()
                .map(|p| (p.id, practitioner_name(&p)))
                .collect();
            let types: BTreeMap<_, _> = day_book::all(connection, "", |_: &AppointmentType| true)?
                .into_iter()
                .map(|t| (t.id, t.name))
                .collect();
            let rooms: BTreeMap<_, _> = day_book::all(connection, "", |_: &Location| true)?
                .into_iter()
                .map(|l| (l.id, l.name))
                .collect();
            let mut room = WaitingRoom::default();
            for card in day_book::cards_of_today(connection, now)? {
                let list = match card.status {
                    AppointmentStatus::Arrived => &mut room.waiting,
                    AppointmentStatus::InConsult => &mut room.in_consult,
                    AppointmentStatus::Booked | AppointmentStatus::Confirmed => &mut room.expected,
                    AppointmentStatus::Done
                    | AppointmentStatus::DidNotAttend
                    | AppointmentStatus::Cancelled => {
                        continue;
                    }
                };
                list.push(Line {
                    practitioner_name: practitioners.get(&card.practitioner_id).cloned().unwrap_or_default(),
                    room_name: card.room_id.and_then(|id| rooms.get(&id).cloned()),
                    type_name: types.get(&card.type_id).cloned().unwrap_or_default(),
                    practitioner_id: card.practitioner_id,
                    type_id: card.type_id,
                    card,
                });
            }
            Ok(room)
        })
    }
}

/// `Dr Lee`, or `Ann Lee` for somebody without a title.
pub(super) fn practitioner_name(p: &Practitioner) -> String {
    match p.title.as_deref().or(p.given_name.as_deref()) {
        Some(first) => format!("{first} {}", p.family_name),
        None => p.family_name.clone(),
    }
}
