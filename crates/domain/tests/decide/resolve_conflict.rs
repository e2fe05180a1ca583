use wattle_domain::commands::{Choice, ResolveConflict};
use wattle_domain::entities::{Conflict, PatientContact};
use wattle_domain::fields::ConflictStatus;
use wattle_domain::{RejectionCode, TableName};

use crate::edit_patient::{PHONE, phone, with_a_phone};
use crate::map_store::{MapStore, dr_lee, reception};

fn with_a_conflict() -> (MapStore, ResolveConflict) {
    let mut store = with_a_phone();
    store.run(&reception(), phone("+61491570006", "0491 570 156")).unwrap();
    store.run(&dr_lee(), phone("+61491570006", "0491 570 157")).unwrap();
    let conflict_id = store.all::<Conflict>()[0].id;
    let choice = Choice::Other;
    (store, ResolveConflict { conflict_id, table: TableName::PatientContact, row_id: PHONE.0, choice })
}

#[test]
fn the_other_value_can_be_chosen() {
    let (mut store, resolve) = with_a_conflict();
    store.run(&reception(), resolve).unwrap();
    assert_eq!(store.get::<PatientContact>(PHONE).value, "+61491570156");
    assert_eq!(store.all::<Conflict>()[0].status, ConflictStatus::Resolved);
}

#[test]
fn two_people_who_choose_the_same_agree_and_two_who_differ_are_told() {
    let (mut store, resolve) = with_a_conflict();
    store.run(&reception(), resolve.clone()).unwrap();
    assert!(store.run(&dr_lee(), resolve.clone()).unwrap().changes.is_empty());
    store.run(&dr_lee(), phone("+61491570156", "0491 570 158")).unwrap();
    let kept = ResolveConflict { choice: Choice::Kept, ..resolve };
    assert_eq!(store.run(&dr_lee(), kept).unwrap_err().code, RejectionCode::AlreadyResolved);
}

#[test]
fn a_third_value_is_never_overwritten_unseen() {
    let (mut store, resolve) = with_a_conflict();
    store.run(&reception(), phone("+61491570157", "0491 570 158")).unwrap();
    assert_eq!(store.run(&dr_lee(), resolve.clone()).unwrap_err().code, RejectionCode::Moved);
    store.run(&dr_lee(), ResolveConflict { choice: Choice::Kept, ..resolve }).unwrap();
    assert_eq!(store.get::<PatientContact>(PHONE).value, "+61491570158", "as it is now means just that");
}
