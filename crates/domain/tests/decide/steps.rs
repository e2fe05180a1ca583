use wattle_domain::commands::{
    CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival, StartConsultation,
};
use wattle_domain::entities::Appointment;
use wattle_domain::fields::AppointmentStatus::{
    self, Arrived, Booked, Cancelled, DidNotAttend, Done, InConsult,
};
use wattle_domain::{AppointmentId, Command, RejectionCode};

use crate::book::booking;
use crate::map_store::{DR_LEE, MapStore, appointment, dr_lee, reception};

fn arrive(appointment_id: AppointmentId) -> Command {
    RecordArrival { appointment_id }.into()
}
fn start(appointment_id: AppointmentId) -> Command {
    StartConsultation { appointment_id }.into()
}
fn finish(appointment_id: AppointmentId) -> Command {
    FinishConsultation { appointment_id }.into()
}
fn absent(appointment_id: AppointmentId) -> Command {
    MarkDidNotAttend { appointment_id }.into()
}
fn cancel(appointment_id: AppointmentId) -> Command {
    CancelAppointment { appointment_id, reason: "asked to".into() }.into()
}

type Step = fn(AppointmentId) -> Command;

#[test]
fn states_follow_each_other_as_in_a_waiting_room() {
    // before, steps to get there, the step, what it gives (None: refused)
    let rows: &[(&str, &[Step], Step, Option<AppointmentStatus>)] = &[
        ("a booked patient arrives", &[], arrive, Some(Arrived)),
        ("arriving twice is nothing new", &[arrive], arrive, Some(Arrived)),
        ("nobody recorded the arrival, the doctor starts all the same", &[], start, Some(InConsult)),
        ("an arrived patient is called", &[arrive], start, Some(InConsult)),
        ("a consultation ends", &[start], finish, Some(Done)),
        ("what never began does not end", &[], finish, None),
        ("who is here did attend", &[arrive], absent, None),
        ("who did not come did not attend", &[], absent, Some(DidNotAttend)),
        ("an arrived patient leaves again", &[arrive], cancel, Some(Cancelled)),
        ("a consultation that runs is not called off", &[start], cancel, None),
        ("who was called off does not arrive", &[cancel], arrive, None),
        ("what is over stays over", &[start, finish], start, None),
    ];
    for (why, before, step, gives) in rows {
        let mut store = MapStore::with_a_clinic();
        store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
        assert_eq!(store.get::<Appointment>(appointment(1)).status, Booked);
        for earlier in *before {
            store.run(&dr_lee(), earlier(appointment(1))).unwrap();
        }
        let answer = store.run(&dr_lee(), step(appointment(1)));
        match gives {
            Some(status) => assert_eq!(store.get::<Appointment>(appointment(1)).status, *status, "{why}"),
            None => assert_eq!(answer.unwrap_err().code, RejectionCode::WrongState, "{why}"),
        }
    }
}

#[test]
fn a_cancelled_slot_is_free_again() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    store.run(&reception(), cancel(appointment(1))).unwrap();
    assert!(store.run(&reception(), booking(2, DR_LEE, 0, 15)).is_ok());
}

#[test]
fn reception_records_arrivals_and_leaves_consultations_to_clinicians() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    assert!(store.run(&reception(), arrive(appointment(1))).is_ok());
    assert_eq!(store.run(&reception(), start(appointment(1))).unwrap_err().code, RejectionCode::NotAllowed);
}
