//! Restricted records: who opens one, for how long, and what is refused before a shut door.

use serde_json::json;
use wattle_domain::commands::{
    BreakGlass, NoteAccess, RecordAllergy, RecordRecall, RestrictPatient, SeeGlass, SignNote,
};
use wattle_domain::entities::{BrokenGlass, Restriction};
use wattle_domain::fields::AllergyKind;
use wattle_domain::restriction::{Door, GLASS_MIN, door, id_of, reads};
use wattle_domain::{
    Command, NoteId, PatientId, Read, RejectionCode, Role, TableName, UserId, UtcInstant, WorkstationId,
};

use super::map_store::{Author, MARIA, MapStore, dr_lee, reception, uuid};

fn nurse() -> Author {
    Author { user: UserId(uuid(3)), role: Role::Nurse, workstation: WorkstationId(uuid(0x53)) }
}

fn manager() -> Author {
    Author { user: UserId(uuid(4)), role: Role::PracticeManager, workstation: WorkstationId(uuid(0x54)) }
}

fn note(n: u128) -> SignNote {
    SignNote {
        note_id: NoteId(uuid(0xa300 + n)),
        patient_id: MARIA,
        appointment_id: None,
        body: "seen".into(),
        supersedes: None,
        amends: None,
    }
}

fn restrict(open_to: &[&Author]) -> RestrictPatient {
    let open_to = open_to.iter().map(|author| author.user).collect();
    RestrictPatient { patient_id: MARIA, restricted: true, open_to }
}

fn glass(reason: &str) -> BreakGlass {
    BreakGlass { patient_id: MARIA, reason: reason.into() }
}

fn stands(store: &MapStore, author: &Author, at: UtcInstant) -> Door {
    door(&store.rows.select(&reads(MARIA)), MARIA, author.user, at)
}

#[test]
fn a_restricted_record_is_shut_to_all_but_those_who_are_named() {
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), note(1)).expect("not restricted yet");
    store.run(&manager(), restrict(&[&dr_lee()])).unwrap();
    let at = store.context(&nurse()).issued_at;
    for (author, wanted) in
        [(dr_lee(), Door::Open), (nurse(), Door::Shut), (reception(), Door::Shut), (manager(), Door::Shut)]
    {
        assert_eq!(stands(&store, &author, at), wanted, "{:?}", author.role);
    }
    store.run(&dr_lee(), note(2)).expect("one of those who are named");
    assert_eq!(store.run(&nurse(), note(3)).unwrap_err().code, RejectionCode::Restricted);
    // The desk goes on: what somebody says at the counter is written down, and what was looked at is logged.
    let due_on = "2027-01-04".parse().unwrap();
    let recall = RecordRecall {
        recall_id: uuid(7).into(),
        patient_id: MARIA,
        practitioner_id: None,
        due_on,
        reason: "bp".into(),
    };
    store.run(&reception(), recall).unwrap();
    let looked = NoteAccess { patient_id: MARIA, access: wattle_domain::commands::Access::Opened };
    store.run(&reception(), looked).unwrap();

    let lift = RestrictPatient { restricted: false, ..restrict(&[]) };
    assert_eq!(Command::from(lift.clone()).act(), "lift_restriction");
    store.run(&dr_lee(), lift).unwrap();
    store.run(&nurse(), note(4)).expect("open to all again");
    assert_eq!(store.all::<Restriction>().len(), 1, "one row a patient");
}

#[test]
fn a_glass_opens_one_record_to_one_person_for_an_hour() {
    let mut store = MapStore::with_a_clinic();
    store.run(&manager(), restrict(&[])).unwrap();
    for (reason, why) in [("", "none"), (" .... ", "a full stop"), (&*"x".repeat(1_001), "a novel")] {
        let no = store.run(&nurse(), glass(reason)).unwrap_err();
        assert_eq!((no.code, no.field.as_deref()), (RejectionCode::Invalid, Some("reason")), "{why}");
    }
    let other = BreakGlass { patient_id: PatientId(uuid(404)), reason: "collapsed".into() };
    assert_eq!(store.run(&nurse(), other).unwrap_err().code, RejectionCode::NotFound);

    store.run(&nurse(), glass(" collapsed in the waiting room ")).unwrap();
    let [broken] = store.all::<BrokenGlass>().try_into().unwrap();
    assert_eq!(broken.reason, "collapsed in the waiting room");
    let (from, until) = (broken.opened_at, broken.opened_at.plus_minutes(GLASS_MIN));
    for (author, at, wanted, why) in [
        (nurse(), from, Door::Glass { until }, "at once"),
        (nurse(), UtcInstant(until.0 - 1), Door::Glass { until }, "to the last moment"),
        (nurse(), until, Door::Shut, "by itself"),
        (nurse(), UtcInstant(from.0 - 1), Door::Shut, "a clock that was put back opens nothing"),
        (dr_lee(), from, Door::Shut, "theirs is theirs"),
    ] {
        assert_eq!(stands(&store, &author, at), wanted, "{why}");
    }
    store.run(&nurse(), note(1)).expect("within the hour");
    // Each command of this store comes a minute later.
    while store.context(&nurse()).issued_at < until {
        store.run(&reception(), RestrictPatient { restricted: false, ..restrict(&[]) }).unwrap_err();
    }
    assert_eq!(store.run(&nurse(), note(2)).unwrap_err().code, RejectionCode::Restricted, "the hour is over");
    store.run(&nurse(), glass("still here")).unwrap();
    store.run(&nurse(), note(2)).expect("once more, with another reason");
    assert_eq!(store.all::<BrokenGlass>().len(), 2, "each is kept");
}

#[test]
fn the_notice_is_ticked_once_by_who_is_told() {
    let mut store = MapStore::with_a_clinic();
    store.run(&manager(), restrict(&[])).unwrap();
    store.run(&nurse(), glass("collapsed")).unwrap();
    let [broken] = store.all::<BrokenGlass>().try_into().unwrap();
    let seen = SeeGlass { glass_id: broken.id };
    for author in [nurse(), dr_lee(), reception()] {
        assert_eq!(store.run(&author, seen).unwrap_err().code, RejectionCode::NotAllowed);
    }
    store.run(&manager(), seen).unwrap();
    let first = store.get::<BrokenGlass>(broken.id);
    assert_eq!(first.seen_by, Some(manager().user));
    let other = Author { user: UserId(uuid(5)), ..manager() };
    assert!(store.run(&other, seen).unwrap().changes.is_empty());
    assert_eq!(store.get::<BrokenGlass>(broken.id), first, "the first stays named");
    assert_eq!(
        store.run(&other, SeeGlass { glass_id: uuid(404) }).unwrap_err().code,
        RejectionCode::NotFound
    );
}

#[test]
fn who_may_restrict_and_who_may_break() {
    for role in Role::ALL {
        let may = |command: Command| role.may(command.grant());
        let writes = matches!(role, Role::Practitioner | Role::PracticeManager);
        assert_eq!(may(restrict(&[]).into()), writes, "{role:?} restricts");
        assert_eq!(may(glass("reason").into()), role != Role::Admin, "{role:?} breaks");
        assert_eq!(
            may(SeeGlass { glass_id: uuid(1) }.into()),
            role == Role::PracticeManager,
            "{role:?} is told"
        );
    }
    let mut store = MapStore::with_a_clinic();
    let crowd = RestrictPatient { open_to: (0..21).map(|n| UserId(uuid(n))).collect(), ..restrict(&[]) };
    assert_eq!(store.run(&manager(), crowd).unwrap_err().field.as_deref(), Some("open_to"));
}

#[test]
fn every_verb_of_the_record_looks_at_the_door() {
    let allergy = RecordAllergy {
        allergy_id: uuid(9).into(),
        patient_id: MARIA,
        kind: AllergyKind::NilKnown,
        substance: None,
        code: None,
        reaction: None,
        severity: None,
        onset_on: None,
    };
    for command in [Command::from(note(1)), allergy.into()] {
        assert_eq!(command.record(), Some(MARIA), "{}", command.name());
        assert!(reads(MARIA).iter().all(|read| command.reads().contains(read)), "{}", command.name());
    }
    assert_eq!(Command::from(restrict(&[])).record(), None);
    assert_eq!(reads(MARIA)[0], Read::Row(TableName::Restriction, id_of(MARIA)));
}

#[test]
fn a_restriction_that_cannot_be_read_restricts() {
    let mut store = MapStore::with_a_clinic();
    store.run(&manager(), restrict(&[&nurse()])).unwrap();
    let mut row = store.rows.row(TableName::Restriction, id_of(MARIA)).unwrap().clone();
    row.fields.insert("active".into(), json!("perhaps"));
    store.rows.insert(TableName::Restriction, row);
    let at = store.context(&nurse()).issued_at;
    assert_eq!(stands(&store, &nurse(), at), Door::Shut);
}
