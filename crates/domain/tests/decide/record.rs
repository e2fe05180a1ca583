//! The clinical record: additions stand, what is signed stays, two words about one field are both kept.

use serde_json::{Value, json};
use wattle_domain::commands::{
    EditEntry, EditRecall, FieldEdit, NewObservation, RecordAllergy, RecordCondition, RecordMedication,
    RecordObservations, RecordRecall, ResolveConflict, SignNote,
};
use wattle_domain::entities::{
    Allergy, ClinicalNote, Conflict, Medication, Observation, Recall, RecordConflict,
};
use wattle_domain::fields::{AllergyKind, EntryStatus, NoteKind, ObservationCode, RecallStatus};
use wattle_domain::{
    AllergyId, AppointmentId, ClinicDate, Command, ConflictId, Entity, MedicationId, NoteId, ObservationId,
    Outcome, PatientId, RecallId, RejectionCode, Rev, Role, TableName, UserId, WorkstationId,
};

use crate::map_store::{Author, MARIA, MapStore, NINE, dr_lee, reception, uuid};

fn nurse() -> Author {
    Author { user: UserId(uuid(3)), role: Role::Nurse, workstation: WorkstationId(uuid(0x53)) }
}

fn allergy(n: u128, kind: AllergyKind, substance: Option<&str>) -> RecordAllergy {
    RecordAllergy {
        allergy_id: AllergyId(uuid(0xa1000 + n)),
        patient_id: MARIA,
        kind,
        substance: substance.map(str::to_owned),
        code: None,
        reaction: Some(" rash ".into()),
        severity: None,
        onset_on: None,
    }
}

fn medicine(n: u128, text: &str) -> RecordMedication {
    RecordMedication {
        medication_id: MedicationId(uuid(0xa2000 + n)),
        patient_id: MARIA,
        code: None,
        text: text.into(),
        directions: None,
        quantity: Some(20),
        repeats: Some(1),
        reason: None,
        started_on: None,
        allergy_override: None,
    }
}

fn note(n: u128, body: &str) -> SignNote {
    SignNote {
        note_id: NoteId(uuid(0xa3000 + n)),
        patient_id: MARIA,
        appointment_id: None,
        body: body.into(),
        supersedes: None,
        amends: None,
    }
}

fn measured(n: u128, code: ObservationCode, value: i64, second: Option<i64>) -> NewObservation {
    NewObservation {
        id: ObservationId(uuid(0xa4000 + n)),
        code,
        value_milli: Some(value),
        second_milli: second,
        unit: code.measure().unit.into(),
        comment: None,
        supersedes: None,
    }
}

fn at_nine(observations: Vec<NewObservation>) -> RecordObservations {
    RecordObservations { patient_id: MARIA, appointment_id: None, effective_at: NINE, observations }
}

fn recall(n: u128) -> RecordRecall {
    RecordRecall {
        recall_id: RecallId(uuid(0xa5000 + n)),
        patient_id: MARIA,
        practitioner_id: None,
        due_on: "2027-05-01".parse::<ClinicDate>().unwrap(),
        reason: "Blood pressure check".into(),
    }
}

fn edit(table: TableName, row_id: uuid::Uuid, field: &str, was: Value, now: Value) -> FieldEdit {
    FieldEdit { table, row_id, field: field.into(), seen_rev: Rev(1), was, now }
}

#[test]
fn nil_known_gives_way_to_an_allergy_and_stands_beside_none() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), allergy(1, AllergyKind::NilKnown, None)).unwrap();
    let again = store.run(&nurse(), allergy(2, AllergyKind::NilKnown, None)).unwrap();
    assert!(again.changes.is_empty(), "said once is enough");
    store.run(&nurse(), allergy(3, AllergyKind::Allergy, Some("Penicillin"))).unwrap();
    assert_eq!(store.get::<Allergy>(uuid(0xa1001)).status, EntryStatus::Inactive);
    let penicillin = store.get::<Allergy>(uuid(0xa1003));
    assert_eq!(
        (penicillin.substance.as_deref(), penicillin.reaction.as_deref()),
        (Some("Penicillin"), Some("rash"))
    );
    let no = store.run(&dr_lee(), allergy(4, AllergyKind::NilKnown, None)).unwrap_err();
    assert_eq!(no.code, RejectionCode::AllergiesStand);
    let over = edit(TableName::Allergy, uuid(0xa1003), "status", json!("active"), json!("inactive"));
    store.run(&dr_lee(), EditEntry { patient_id: MARIA, edits: vec![over] }).unwrap();
    assert!(store.run(&dr_lee(), allergy(4, AllergyKind::NilKnown, None)).is_ok(), "none stands any more");
}

#[test]
fn two_additions_both_stand_and_two_words_on_a_status_are_both_kept_away_from_the_desk() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), medicine(1, "Amoxicillin 500 mg")).unwrap();
    store.run(&nurse(), medicine(2, "Amoxicillin 500 mg")).unwrap();
    assert_eq!(store.all::<Medication>().len(), 2);
    let id = uuid(0xa2001);
    let ceased = edit(TableName::Medication, id, "status", json!("active"), json!("inactive"));
    let slip = edit(TableName::Medication, id, "status", json!("active"), json!("entered_in_error"));
    store.run(&dr_lee(), EditEntry { patient_id: MARIA, edits: vec![ceased] }).unwrap();
    let second = store.run(&nurse(), EditEntry { patient_id: MARIA, edits: vec![slip] }).unwrap();
    assert_eq!(second.outcome, Outcome::Conflict);
    assert_eq!(store.get::<Medication>(id).status, EntryStatus::EnteredInError, "the later receipt stands");
    assert_eq!(store.all::<Conflict>(), [], "the desk's feed carries nothing of it");
    let [both] = store.all::<RecordConflict>().try_into().unwrap();
    assert_eq!((&both.kept_value, &both.other_value), (&json!("entered_in_error"), &json!("inactive")));

    let resolve = ResolveConflict {
        conflict_id: ConflictId(both.id.0),
        table: TableName::Medication,
        row_id: id,
        choice: wattle_domain::commands::Choice::Other,
    };
    let desk = store.run(&reception(), resolve.clone()).unwrap_err();
    assert_eq!(desk.code, RejectionCode::NotAllowed);
    store.run(&dr_lee(), resolve).unwrap();
    assert_eq!(store.get::<Medication>(id).status, EntryStatus::Inactive);
    let [done] = store.all::<RecordConflict>().try_into().unwrap();
    assert_eq!(done.resolved_by, Some(dr_lee().user));
}

#[test]
fn the_two_tables_of_conflicts_have_the_same_columns() {
    assert_eq!(Conflict::TABLE.columns, RecordConflict::TABLE.columns);
}

#[test]
fn what_is_signed_is_added_to_or_replaced_and_stays() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), note(1, "  # Cough\nthree days ")).unwrap();
    let first = store.get::<ClinicalNote>(uuid(0xa3001));
    assert_eq!((first.body.as_str(), first.author_id), ("# Cough\nthree days", dr_lee().user));
    let addendum = SignNote { amends: Some(first.id), ..note(2, "Chest X-ray clear") };
    store.run(&nurse(), addendum).unwrap();
    assert_eq!(store.get::<ClinicalNote>(uuid(0xa3002)).kind, NoteKind::Addendum);
    let other = SignNote { supersedes: Some(first.id), ..note(3, "Cough, four days") };
    let no = store.run(&nurse(), other.clone()).unwrap_err();
    assert_eq!(no.code, RejectionCode::NotTheAuthor);
    store.run(&dr_lee(), other).unwrap();
    assert_eq!(store.get::<ClinicalNote>(first.id).body, "# Cough\nthree days", "the old one stays");
    let twice = store.run(&dr_lee(), note(1, "again")).unwrap_err();
    assert_eq!(twice.code, RejectionCode::AlreadyExists);
}

#[test]
fn a_note_is_not_tied_to_a_booking_that_may_be_refused() {
    let command: Command =
        SignNote { appointment_id: Some(AppointmentId(uuid(0xb404))), ..note(1, "seen") }.into();
    let reads = command.reads();
    assert!(!reads.iter().any(|r| format!("{r:?}").contains("Appointment")), "{reads:?}");
    let mut store = MapStore::with_a_clinic();
    assert!(store.run(&dr_lee(), command).is_ok());
}

#[test]
fn measured_values_must_be_possible_and_are_put_right_by_a_new_row() {
    use ObservationCode::{BloodPressure, Temperature, Weight};
    let rows = [
        ("a usual pressure", measured(1, BloodPressure, 120_000, Some(80_000)), None),
        ("one number is no pressure", measured(2, BloodPressure, 120_000, None), Some("blood_pressure")),
        ("the wrong way round", measured(3, BloodPressure, 80_000, Some(120_000)), Some("blood_pressure")),
        ("a lost decimal point", measured(4, Temperature, 372_000, None), Some("temperature")),
        (
            "pounds are not kilograms",
            NewObservation { unit: "[lb_av]".into(), ..measured(5, Weight, 70_000, None) },
            Some("unit"),
        ),
        (
            "nothing measured",
            NewObservation { value_milli: None, ..measured(6, Weight, 0, None) },
            Some("weight"),
        ),
    ];
    for (why, observation, wrong) in rows {
        let mut store = MapStore::with_a_clinic();
        let answer = store.run(&nurse(), at_nine(vec![observation]));
        assert_eq!(answer.err().and_then(|no| no.field).as_deref(), wrong, "{why}");
    }
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), at_nine(vec![measured(1, Weight, 700_000 / 2, None)])).unwrap();
    let right = NewObservation {
        supersedes: Some(ObservationId(uuid(0xa4001))),
        ..measured(2, Weight, 70_000, None)
    };
    store.run(&nurse(), at_nine(vec![right.clone()])).unwrap();
    assert_eq!(store.all::<Observation>().len(), 2, "the wrong one stays");
    let of_another_kind = NewObservation {
        id: ObservationId(uuid(9)),
        code: Temperature,
        unit: "Cel".into(),
        value_milli: Some(37_000),
        ..right
    };
    assert_eq!(
        store.run(&nurse(), at_nine(vec![of_another_kind])).unwrap_err().code,
        RejectionCode::NotFound
    );
    let late = RecordObservations {
        effective_at: NINE.plus_minutes(3 * 24 * 60),
        ..at_nine(vec![measured(7, Weight, 70_000, None)])
    };
    assert_eq!(store.run(&nurse(), late).unwrap_err().field.as_deref(), Some("effective_at"));
}

#[test]
fn texts_have_lengths_and_codes_are_of_the_lists() {
    let long = "x".repeat(2_000);
    let rows: Vec<(&str, Command, &str)> = vec![
        ("a substance", allergy(1, AllergyKind::Allergy, Some(" ")).into(), "substance"),
        ("to nothing", allergy(1, AllergyKind::Allergy, None).into(), "substance"),
        ("too long", allergy(1, AllergyKind::Allergy, Some(&long)).into(), "substance"),
        (
            "no such code",
            RecordAllergy { code: Some("unobtainium".into()), ..allergy(1, AllergyKind::Allergy, Some("x")) }
                .into(),
            "code",
        ),
        (
            "peanuts are not prescribed",
            RecordMedication { code: Some("peanut".into()), ..medicine(1, "Peanut") }.into(),
            "code",
        ),
        ("a medicine has a name", medicine(1, "").into(), "text"),
        ("none supplied", RecordMedication { quantity: Some(0), ..medicine(1, "x") }.into(), "quantity"),
        ("supplied for ever", RecordMedication { repeats: Some(100), ..medicine(1, "x") }.into(), "repeats"),
        ("an empty note", note(1, " \n ").into(), "body"),
        ("a book", note(1, &"x".repeat(50_000)).into(), "body"),
        ("a recall for nothing", RecordRecall { reason: String::new(), ..recall(1) }.into(), "reason"),
    ];
    for (why, command, field) in rows {
        let mut store = MapStore::with_a_clinic();
        let no = store.run(&dr_lee(), command).unwrap_err();
        assert_eq!((no.code, no.field.as_deref()), (RejectionCode::Invalid, Some(field)), "{why}");
    }
    let mut store = MapStore::with_a_clinic();
    let nobody = RecordCondition {
        condition_id: uuid(1).into(),
        patient_id: PatientId(uuid(404)),
        code: Some("asthma".into()),
        text: "Asthma".into(),
        comment: None,
        onset_on: None,
    };
    assert_eq!(store.run(&dr_lee(), nobody).unwrap_err().code, RejectionCode::NotFound);
}

#[test]
fn what_may_be_edited_of_an_entry_is_its_state_and_its_words_not_what_it_is() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), medicine(1, "Metformin 500 mg")).unwrap();
    let id = uuid(0xa2001);
    for (field, now) in
        [("text", json!("Warfarin")), ("status", json!("gone")), ("patient_id", json!(uuid(7)))]
    {
        let was = store.rows.row(TableName::Medication, id).unwrap().field(field).clone();
        let edits = vec![edit(TableName::Medication, id, field, was, now)];
        let no = store.run(&dr_lee(), EditEntry { patient_id: MARIA, edits }).unwrap_err();
        assert_eq!((no.code, no.field.as_deref()), (RejectionCode::Invalid, Some(field)));
    }
    let edits = vec![edit(TableName::Medication, id, "directions", Value::Null, json!("one twice a day"))];
    store.run(&dr_lee(), EditEntry { patient_id: MARIA, edits }).unwrap();
    assert_eq!(store.get::<Medication>(id).directions.as_deref(), Some("one twice a day"));
}

#[test]
fn the_desk_works_through_recalls_and_writes_no_record() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), recall(1)).unwrap();
    let done = edit(TableName::Recall, uuid(0xa5001), "status", json!("due"), json!("done"));
    store.run(&reception(), EditRecall { patient_id: MARIA, edits: vec![done] }).unwrap();
    assert_eq!(store.get::<Recall>(uuid(0xa5001)).status, RecallStatus::Done);
    for command in [
        Command::from(allergy(1, AllergyKind::NilKnown, None)),
        medicine(1, "x").into(),
        note(1, "x").into(),
        at_nine(vec![measured(1, ObservationCode::Weight, 70_000, None)]).into(),
        EditEntry { patient_id: MARIA, edits: vec![] }.into(),
    ] {
        assert_eq!(store.run(&reception(), command).unwrap_err().code, RejectionCode::NotAllowed);
    }
}
