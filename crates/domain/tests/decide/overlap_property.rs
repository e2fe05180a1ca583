use proptest::prelude::*;
use wattle_domain::commands::{
    BookAppointment, CancelAppointment, FinishConsultation, MarkDidNotAttend, RecordArrival,
    RescheduleAppointment, StartConsultation,
};
use wattle_domain::entities::Appointment;
use wattle_domain::schedule::overlap;
use wattle_domain::{Command, PractitionerId, decide};

use crate::book::{booking, moving};
use crate::map_store::{DR_LEE, DR_SHAH, MapStore, appointment, dr_lee};

#[derive(Clone, Debug)]
enum Act {
    Book { n: u128, who: PractitionerId, minute: i64, length: i64, double: bool },
    Move { n: u128, who: PractitionerId, minute: i64, double: bool },
    Step { n: u128, which: u8 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let who = prop_oneof![Just(DR_LEE), Just(DR_SHAH)];
    let n = 0u128..8;
    let minute = (0i64..24).prop_map(|slot| slot * 5);
    let double = prop::bool::weighted(0.1);
    let act = prop_oneof![
        4 => (n.clone(), who.clone(), minute.clone(), 1i64..8, double)
            .prop_map(|(n, who, minute, l, double)| Act::Book { n, who, minute, length: l * 5, double }),
        4 => (n.clone(), who, minute, double).prop_map(|(n, who, minute, double)| Act::Move { n, who, minute, double }),
        3 => (n, 0u8..5).prop_map(|(n, which)| Act::Step { n, which }),
    ];
    prop::collection::vec(act, 1..60)
}

fn command(store: &MapStore, act: &Act) -> Option<Command> {
    let exists = |n: u128| store.all::<Appointment>().iter().any(|a| a.id == appointment(n));
    Some(match *act {
        Act::Book { n, who, minute, length, double } => {
            BookAppointment { double_booking: double, ..booking(n, who, minute, length) }.into()
        }
        Act::Move { n, .. } | Act::Step { n, .. } if !exists(n) => return None,
        Act::Move { n, who, minute, double } => {
            RescheduleAppointment { double_booking: double, ..moving(store, n, who, minute) }.into()
        }
        Act::Step { n, which } => {
            let appointment_id = appointment(n);
            match which {
                0 => RecordArrival { appointment_id }.into(),
                1 => StartConsultation { appointment_id }.into(),
                2 => FinishConsultation { appointment_id }.into(),
                3 => MarkDidNotAttend { appointment_id }.into(),
                _ => CancelAppointment { appointment_id, reason: "asked to".into() }.into(),
            }
        }
    })
}

proptest! {
    #[test]
    fn no_two_active_bookings_of_a_practitioner_overlap_but_deliberately(acts in acts()) {
        let mut store = MapStore::with_a_clinic();
        for act in &acts {
            let Some(command) = command(&store, act) else { continue };
            let _ = store.run(&dr_lee(), command);
            let active: Vec<Appointment> =
                store.all().into_iter().filter(|a: &Appointment| a.status.occupies()).collect();
            for (i, a) in active.iter().enumerate() {
                for b in active.iter().skip(i + 1) {
                    let clash = a.practitioner_id == b.practitioner_id
                        && overlap((a.start_at, a.end_at), (b.start_at, b.end_at));
                    prop_assert!(!clash || a.double_booking || b.double_booking, "{a:?} and {b:?}");
                }
            }
        }
    }

    #[test]
    fn deciding_twice_gives_the_same(acts in acts()) {
        let mut store = MapStore::with_a_clinic();
        for act in &acts {
            let Some(command) = command(&store, act) else { continue };
            let (context, world) = (store.context(&dr_lee()), store.world(&command));
            let text = serde_json::to_string(&command).unwrap();
            let again: Command = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(decide(&command, &context, &world), decide(&again, &context, &world));
            let _ = store.run(&dr_lee(), command);
        }
    }
}
