//! What a command sees of a larger world, and what becomes of a row that it writes.

use serde_json::json;
use wattle_domain::attribution::Stamp;
use wattle_domain::commands::CancelAppointment;
use wattle_domain::{Read, Rev, Row, RowChange, TableName, Unwritable};

use super::book::booking;
use super::map_store::{DR_LEE, DR_SHAH, MARIA, MapStore, NINE, appointment, reception, uuid};

const STAMP: Stamp = Stamp { by: None, workstation: None, at: NINE };

#[test]
fn a_stretch_of_the_book_is_what_occupies_it() {
    let mut store = MapStore::with_a_clinic();
    for (n, practitioner, minute) in [(1, DR_LEE, 0), (2, DR_LEE, 15), (3, DR_LEE, 30), (4, DR_SHAH, 15)] {
        store.run(&reception(), booking(n, practitioner, minute, 15)).unwrap();
    }
    store.run(&reception(), booking(5, DR_LEE, 45, 15)).unwrap();
    let cancel = CancelAppointment { appointment_id: appointment(5), reason: "ill".into() };
    store.run(&reception(), cancel).unwrap();
    let seen = |from: i64, to: i64| {
        let read =
            Read::Book { practitioner: DR_LEE, from: NINE.plus_minutes(from), to: NINE.plus_minutes(to) };
        let part = store.rows.select(&[read]);
        part.of(TableName::Appointment).map(|row| row.id.as_u128() - 0xb000).collect::<Vec<_>>()
    };
    assert_eq!(seen(15, 30), [2], "neighbours only touch, and Dr Shah's is another book");
    assert_eq!(seen(14, 31), [1, 2, 3]);
    assert_eq!(seen(45, 60), [0; 0], "what is cancelled takes no time");
}

#[test]
fn other_reads_select_a_row_or_a_patients_rows() {
    let mut store = MapStore::with_a_clinic();
    store.run(&reception(), booking(1, DR_LEE, 0, 15)).unwrap();
    let here = |read: Read| store.rows.select(&[read]).keys().count();
    assert_eq!(here(Read::Row(TableName::Appointment, appointment(1).0)), 1);
    assert_eq!(here(Read::Row(TableName::Patient, appointment(1).0)), 0, "an id is one of its table");
    assert_eq!(here(Read::OfPatient(TableName::Appointment, MARIA)), 1);
    assert_eq!(here(Read::OfPatient(TableName::Appointment, uuid(404).into())), 0);
    assert_eq!(here(Read::NextRecordNumber), 0);
}

#[test]
fn a_row_is_written_as_the_tables_would() {
    let change = |table, base_rev| {
        let set = json!({"reason": "late"}).as_object().unwrap().clone();
        RowChange { table, id: uuid(1), base_rev, set }
    };
    let new = change(TableName::Appointment, None);
    let row = Row::after(None, &new, STAMP).unwrap();
    assert_eq!((row.rev, row.attribution.created_at), (Rev(1), NINE));
    let update = change(TableName::Appointment, Some(Rev(1)));
    let later = Stamp { at: NINE.plus_minutes(1), ..STAMP };
    let again = Row::after(Some(&row), &update, later).unwrap();
    assert_eq!((again.rev, again.attribution.created_at), (Rev(2), NINE), "made once");
    assert_eq!(again.attribution.updated_at, later.at);
    for (before, change, why) in [
        (Some(&row), &new, Unwritable::Exists),
        (None, &update, Unwritable::Missing),
        (Some(&row), &change(TableName::AppointmentEvent, Some(Rev(1))), Unwritable::OnlyGrows),
    ] {
        assert_eq!(Row::after(before, change, STAMP), Err(why));
    }
}
