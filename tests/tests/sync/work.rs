//! What people do at their desks: [`wattle_tests::work`] on a desk of the cast.

use uuid::Uuid;
use wattle_domain::PatientId;
use wattle_domain::commands::{BookAppointment, EditPatient, RegisterPatient};
use wattle_protocol::ipc::daybook::Card;
use wattle_protocol::ipc::patients::SearchPatients;
use wattle_tests::work::{self, quiet_day};

use super::desk::Desk;

pub fn registration(family_name: &str, phone: &str) -> RegisterPatient {
    work::registration(family_name, phone).unwrap()
}

/// The phone of a patient as a desk has it.
pub fn phone(desk: &Desk, patient: PatientId) -> Option<(Uuid, String)> {
    work::phone(&desk.store, patient).unwrap()
}

/// An edit of the phone as somebody at this desk sees it.
pub fn new_phone(desk: &Desk, patient: PatientId, now: &str) -> EditPatient {
    work::new_phone(&desk.store.patient(patient).unwrap().unwrap(), now).unwrap()
}

pub fn found(desk: &Desk, query: &str) -> Vec<PatientId> {
    let hits = desk.store.search_patients(&SearchPatients { query: query.into(), limit: 20 }).unwrap();
    hits.into_iter().map(|hit| hit.id).collect()
}

/// A booking with a practitioner (by their place in the book) at a minute of the quiet day.
pub fn booking(desk: &Desk, patient: PatientId, column: usize, minute: u32) -> BookAppointment {
    let book = work::day(&desk.store, quiet_day()).unwrap();
    work::booking(&book, quiet_day(), patient, column, minute).unwrap()
}

/// The cards of the quiet day, by id.
pub fn cards(desk: &Desk) -> Vec<Card> {
    let mut cards = work::day(&desk.store, quiet_day()).unwrap().cards;
    cards.sort_by_key(|card| card.id);
    cards
}
