use wattle_domain::commands::{BookAppointment, RescheduleAppointment, Slot};
use wattle_domain::entities::{Appointment, AppointmentEvent};
use wattle_domain::{PatientId, PractitionerId, RejectionCode, Role};

use crate::map_store::{
    Author, DR_LEE, DR_SHAH, MARIA, MapStore, NINE, STANDARD, appointment, reception, uuid,
};

pub fn booking(n: u128, practitioner_id: PractitionerId, minute: i64, length: i64) -> BookAppointment {
    BookAppointment {
        appointment_id: appointment(n),
        practitioner_id,
        patient_id: MARIA,
        type_id: STANDARD,
        room_id: None,
        start_at: NINE.plus_minutes(minute),
        end_at: NINE.plus_minutes(minute + length),
        double_booking: false,
        note: None,
    }
}

pub fn moving(store: &MapStore, n: u128, to: PractitionerId, minute: i64) -> RescheduleAppointment {
    let was = Slot::of(&store.get::<Appointment>(appointment(n)));
    let to = Slot {
        practitioner_id: to,
        room_id: None,
        start_at: NINE.plus_minutes(minute),
        end_at: NINE.plus_minutes(minute + 15),
    };
    RescheduleAppointment { appointment_id: appointment(n), was, to, double_booking: false }
}

#[test]
fn a_taken_slot_is_refused_with_the_nearest_free_ones() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    let no = store.run(&reception(), booking(2, DR_LEE, 10, 15)).unwrap_err();
    assert_eq!(no.code, RejectionCode::SlotTaken);
    assert_eq!(no.free[0].start_at, NINE.plus_minutes(15), "the nearest free slot comes first");
    assert!(store.run(&reception(), booking(3, DR_SHAH, 10, 15)).is_ok(), "another practitioner is free");
    assert!(store.run(&reception(), booking(4, DR_LEE, 15, 15)).is_ok(), "end and start may touch");
}

#[test]
fn a_double_booking_is_deliberate() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    let over = BookAppointment { double_booking: true, ..booking(2, DR_LEE, 0, 15) };
    assert!(store.run(&reception(), over).is_ok());
}

#[test]
fn nonsense_is_refused_with_the_field_that_is_wrong() {
    let mut store = MapStore::with_a_clinic();
    let backwards = store.run(&reception(), booking(1, DR_LEE, 0, -15)).unwrap_err();
    assert_eq!((backwards.code, backwards.field.as_deref()), (RejectionCode::Invalid, Some("end_at")));
    let nobody = BookAppointment { patient_id: PatientId(uuid(404)), ..booking(1, DR_LEE, 0, 15) };
    assert_eq!(store.run(&reception(), nobody).unwrap_err().code, RejectionCode::NotFound);
}

#[test]
fn a_text_that_no_server_would_take_is_refused_before_it_is_called_saved() {
    let mut store = MapStore::with_a_clinic();
    let note = |bytes: usize| BookAppointment { note: Some("x".repeat(bytes)), ..booking(1, DR_LEE, 0, 15) };
    let no = store.run(&reception(), note(64 * 1024 + 1)).unwrap_err();
    assert_eq!((no.code, no.field.as_deref()), (RejectionCode::Invalid, Some("note")));
    assert!(store.run(&reception(), note(64 * 1024)).is_ok());
}

#[test]
fn an_admin_of_the_system_books_nothing() {
    let mut store = MapStore::with_a_clinic();
    let admin = Author { role: Role::Admin, ..reception() };
    assert_eq!(store.run(&admin, booking(1, DR_LEE, 0, 15)).unwrap_err().code, RejectionCode::NotAllowed);
}

#[test]
fn moving_leaves_an_event_and_can_be_said_twice() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    let to_ten = moving(&store, 1, DR_SHAH, 60);
    store.run(&reception(), to_ten.clone()).unwrap();
    assert_eq!(store.get::<Appointment>(appointment(1)).practitioner_id, DR_SHAH);
    assert_eq!(store.all::<AppointmentEvent>().len(), 2, "booked, moved");
    assert!(store.run(&reception(), to_ten).unwrap().changes.is_empty(), "it is there already");
}

#[test]
fn the_second_of_two_drags_is_told_where_it_went() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    let (one, two) = (moving(&store, 1, DR_LEE, 60), moving(&store, 1, DR_LEE, 120));
    store.run(&reception(), one).unwrap();
    assert_eq!(store.run(&reception(), two).unwrap_err().code, RejectionCode::Moved);
}
