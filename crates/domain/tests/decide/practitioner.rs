//! Who sees patients: added, changed, closed, by whoever runs the house.

use serde_json::{Value, json};
use wattle_domain::commands::{
    EditPractitioner, FieldEdit, NewProviderNumber, PractitionerDetails, RecordPractitioner,
};
use wattle_domain::entities::{Conflict, Location, Practitioner, PractitionerLocation};
use wattle_domain::fields::LocationKind;
use wattle_domain::{
    Command, LocationId, PractitionerId, RejectionCode, Rev, Role, TableName, UserId, WorkstationId,
};

use crate::map_store::{Author, DR_LEE, DR_SHAH, MapStore, dr_lee, reception, uuid};

const NEW: PractitionerId = PractitionerId(uuid::Uuid::from_u128(0xd9));
const SITE: LocationId = LocationId(uuid::Uuid::from_u128(0x91));

fn admin() -> Author {
    Author { user: UserId(uuid(4)), role: Role::Admin, workstation: WorkstationId(uuid(0x54)) }
}

fn manager() -> Author {
    Author { user: UserId(uuid(5)), role: Role::PracticeManager, workstation: WorkstationId(uuid(0x55)) }
}

fn store() -> MapStore {
    let mut store = MapStore::with_a_clinic();
    let site = Location { id: SITE, name: "Main".into(), kind: LocationKind::Site, parent_id: None };
    store.put(SITE.0, &site);
    store
}

fn details() -> PractitionerDetails {
    PractitionerDetails {
        title: Some("Dr".into()),
        family_name: " Raman ".into(),
        given_name: Some("Priya".into()),
        profession: Some("General practitioner".into()),
        ahpra_number: None,
        hpii: None,
        prescriber_number: Some("  ".into()),
        usual_duration_min: 15,
        usual_room_id: None,
        sort: 3,
        user_id: None,
    }
}

fn new(details: PractitionerDetails, number: &str) -> RecordPractitioner {
    let provider_numbers =
        vec![NewProviderNumber { id: uuid(0x7001), location_id: Some(SITE), provider_number: number.into() }];
    RecordPractitioner { practitioner_id: NEW, details, provider_numbers }
}

fn edit(table: TableName, row: uuid::Uuid, field: &str, was: Value, now: Value) -> FieldEdit {
    FieldEdit { table, row_id: row, field: field.into(), seen_rev: Rev(1), was, now }
}

fn of_lee(field: &str, was: Value, now: Value) -> EditPractitioner {
    let edits = vec![edit(TableName::Practitioner, DR_LEE.0, field, was, now)];
    EditPractitioner { practitioner_id: DR_LEE, edits, provider_numbers: vec![] }
}

#[test]
fn somebody_new_has_a_column_and_a_number() {
    let mut store = store();
    store.run(&manager(), new(details(), " 2426621 b ")).unwrap();
    let made = store.get::<Practitioner>(NEW);
    assert_eq!((made.family_name.as_str(), made.prescriber_number, made.active), ("Raman", None, true));
    let number = store.get::<PractitionerLocation>(uuid(0x7001));
    assert_eq!((number.provider_number.as_str(), number.check_failed), ("2426621B", false));
    assert_eq!((number.practitioner_id, number.location_id), (NEW, Some(SITE)));
    let again = store.run(&admin(), new(details(), "1")).unwrap_err();
    assert_eq!(again.code, RejectionCode::AlreadyExists);
}

#[test]
fn who_cannot_be_added_is_said_by_the_field() {
    use RejectionCode::{Invalid, NotFound};
    let somewhere = Some(LocationId(uuid(0x404)));
    let cases = [
        (
            PractitionerDetails { family_name: " ".into(), ..details() },
            "2426621B",
            Invalid,
            Some("family_name"),
        ),
        (
            PractitionerDetails { usual_duration_min: 0, ..details() },
            "1",
            Invalid,
            Some("usual_duration_min"),
        ),
        (
            PractitionerDetails { usual_duration_min: 1441, ..details() },
            "1",
            Invalid,
            Some("usual_duration_min"),
        ),
        (PractitionerDetails { usual_room_id: somewhere, ..details() }, "1", NotFound, None),
        (PractitionerDetails { user_id: Some(UserId(uuid(0x404))), ..details() }, "1", NotFound, None),
        (details(), "  ", Invalid, Some("provider_number")),
    ];
    for (details, number, code, field) in cases {
        let no = store().run(&admin(), new(details, number)).unwrap_err();
        assert_eq!((no.code, no.field.as_deref()), (code, field));
    }
    // An odd number is kept: at least one that was issued does not add up.
    let mut store = store();
    store.run(&admin(), new(details(), "2426621A")).unwrap();
    assert!(store.get::<PractitionerLocation>(uuid(0x7001)).check_failed);
}

#[test]
fn only_whoever_runs_the_house_keeps_the_list() {
    let mut store = store();
    for author in [reception(), dr_lee()] {
        let commands: [Command; 2] =
            [new(details(), "1").into(), of_lee("family_name", json!("Lee"), json!("Li")).into()];
        for command in commands {
            assert_eq!(store.run(&author, command).unwrap_err().code, RejectionCode::NotAllowed);
        }
    }
    store.run(&manager(), of_lee("family_name", json!("Lee"), json!("Li"))).unwrap();
    store.run(&admin(), of_lee("family_name", json!("Li"), json!("Lee"))).unwrap();
}

#[test]
fn a_column_is_closed_and_opened_again_and_nobody_is_taken_away() {
    let mut store = store();
    let close = of_lee("active", json!(true), json!(false));
    assert_eq!(Command::from(close.clone()).act(), "close_practitioner");
    store.run(&manager(), close).unwrap();
    assert!(!store.get::<Practitioner>(DR_LEE).active);
    let open = of_lee("active", json!(false), json!(true));
    assert_eq!(Command::from(open.clone()).act(), "reopen_practitioner");
    store.run(&admin(), open).unwrap();
    assert!(store.get::<Practitioner>(DR_LEE).active);
    assert_eq!(store.all::<Practitioner>().len(), 2);
}

#[test]
fn a_field_that_somebody_else_has_changed_is_refused_and_makes_no_conflict() {
    let mut store = store();
    store.run(&manager(), of_lee("profession", json!(null), json!("Podiatrist"))).unwrap();
    let late = of_lee("profession", json!(null), json!("Dietitian"));
    assert_eq!(store.run(&admin(), late).unwrap_err().code, RejectionCode::ChangedSince);
    assert_eq!(store.get::<Practitioner>(DR_LEE).profession.as_deref(), Some("Podiatrist"));
    assert!(store.all::<Conflict>().is_empty(), "an admin's file has no feed for one");
    // Another field of the same row, and the same value, meet nothing.
    store.run(&admin(), of_lee("sort", json!(0), json!(4))).unwrap();
    store.run(&admin(), of_lee("profession", json!(null), json!(" Podiatrist "))).unwrap();
}

#[test]
fn an_edit_stays_with_its_practitioner_and_its_columns() {
    use RejectionCode::{Invalid, NotFound};
    let mut store = store();
    store.run(&admin(), new(details(), "2426621B")).unwrap();
    let number = |field: &str, now: Value| {
        let edits = vec![edit(TableName::PractitionerLocation, uuid(0x7001), field, json!("2426621B"), now)];
        EditPractitioner { practitioner_id: NEW, edits, provider_numbers: vec![] }
    };
    let cases = [
        (
            "of another",
            EditPractitioner { practitioner_id: DR_SHAH, ..number("provider_number", json!("1")) },
            NotFound,
        ),
        ("moved to another", number("practitioner_id", json!(DR_LEE)), Invalid),
        ("said to be right", number("check_failed", json!(false)), Invalid),
        ("emptied", number("provider_number", json!(" ")), Invalid),
        ("nameless", of_lee("family_name", json!("Lee"), json!("  ")), Invalid),
        ("not a length", of_lee("usual_duration_min", json!(15), json!(0)), Invalid),
        ("no such room", of_lee("usual_room_id", json!(null), json!(uuid(0x404))), NotFound),
        ("no such account", of_lee("user_id", json!(null), json!(uuid(0x404))), NotFound),
        ("no such column", of_lee("salary", json!(null), json!(1)), Invalid),
        (
            "of another table",
            EditPractitioner {
                edits: vec![edit(TableName::AppointmentType, DR_LEE.0, "name", json!("a"), json!("b"))],
                ..of_lee("sort", json!(0), json!(1))
            },
            Invalid,
        ),
        (
            "nothing",
            EditPractitioner { practitioner_id: DR_LEE, edits: vec![], provider_numbers: vec![] },
            Invalid,
        ),
    ];
    for (what, command, code) in cases {
        assert_eq!(store.run(&admin(), command).unwrap_err().code, code, "{what}");
    }
    store.run(&admin(), number("provider_number", json!("4024742f"))).unwrap();
    let now = store.get::<PractitionerLocation>(uuid(0x7001));
    assert_eq!((now.provider_number.as_str(), now.check_failed), ("4024742F", false));
    store.run(&admin(), of_lee("usual_room_id", json!(null), json!(SITE))).unwrap();
}
