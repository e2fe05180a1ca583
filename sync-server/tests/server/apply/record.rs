//! The clinical record through PostgreSQL: it reaches clinicians, and nothing of it the desk.

use serde_json::json;
use uuid::Uuid;
use wattle_domain::commands::{
    EditEntry, FieldEdit, NewObservation, RecordAllergy, RecordCondition, RecordMedication,
    RecordObservations, RecordRecall, SignNote,
};
use wattle_domain::fields::{AllergyKind, AllergySeverity, ObservationCode};
use wattle_domain::{FeedClass, PatientId, RejectionCode, Rev, Role, TableName};
use wattle_protocol::pull::Frame;
use wattle_protocol::push::Verdict;

use super::push::code;
use crate::support::House;

fn medicine(patient_id: PatientId) -> RecordMedication {
    RecordMedication {
        medication_id: Uuid::now_v7().into(),
        patient_id,
        code: Some("amoxicillin".into()),
        text: "Amoxicillin 500 mg".into(),
        directions: Some("one three times a day".into()),
        quantity: Some(20),
        repeats: Some(0),
        reason: None,
        started_on: "2026-11-23".parse().ok(),
        allergy_override: None,
    }
}

fn note(patient_id: PatientId, body: &str) -> SignNote {
    SignNote {
        note_id: Uuid::now_v7().into(),
        patient_id,
        // A booking that the server never saw.
        appointment_id: Some(Uuid::now_v7().into()),
        body: body.into(),
        supersedes: None,
        amends: None,
    }
}

#[tokio::test]
async fn a_record_reaches_the_nurse_and_the_desk_gets_the_recall_alone() {
    let house = House::new().await;
    house.person("nina", Role::Nurse).await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut nina = house.desk("nurse-1", "nina").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;

    let allergy = RecordAllergy {
        allergy_id: Uuid::now_v7().into(),
        patient_id,
        kind: AllergyKind::Allergy,
        substance: Some("Penicillin".into()),
        code: Some("penicillin".into()),
        reaction: Some("rash".into()),
        severity: Some(AllergySeverity::Severe),
        onset_on: "2019-05-01".parse().ok(),
    };
    let problem = RecordCondition {
        condition_id: Uuid::now_v7().into(),
        patient_id,
        code: Some("asthma".into()),
        text: "Asthma".into(),
        comment: None,
        onset_on: None,
    };
    let pressure = NewObservation {
        id: Uuid::now_v7().into(),
        code: ObservationCode::BloodPressure,
        value_milli: Some(120_000),
        second_milli: Some(80_000),
        unit: "mm[Hg]".into(),
        comment: None,
        supersedes: None,
    };
    let values = RecordObservations {
        patient_id,
        appointment_id: None,
        effective_at: house.clock_now(),
        observations: vec![pressure.clone()],
    };
    let recall = RecordRecall {
        recall_id: Uuid::now_v7().into(),
        patient_id,
        practitioner_id: Some(house.dr_lee),
        due_on: "2027-05-23".parse().unwrap(),
        reason: "Asthma review".into(),
    };
    let (medicine, signed) = (medicine(patient_id), note(patient_id, "Cough. A canary named Quokka."));
    assert_eq!(lee.do_it(allergy.clone()).await, Verdict::Applied);
    assert_eq!(lee.do_it(problem.clone()).await, Verdict::Applied);
    assert_eq!(lee.do_it(medicine.clone()).await, Verdict::Applied);
    assert_eq!(lee.do_it(values).await, Verdict::Applied);
    assert_eq!(lee.do_it(signed.clone()).await, Verdict::Applied, "a note needs no booking");
    assert_eq!(lee.do_it(recall.clone()).await, Verdict::Applied);

    nina.pull().await;
    let row = nina.row("allergy", allergy.allergy_id).expect("the allergy came");
    assert_eq!((&row["severity"], &row["onset_on"]), (&json!("severe"), &json!("2019-05-01")));
    assert_eq!(nina.row("condition", problem.condition_id).unwrap()["code"], "asthma");
    let row = nina.row("observation", pressure.id).expect("the value came");
    assert_eq!((&row["value_milli"], &row["second_milli"]), (&json!(120_000), &json!(80_000)));
    let row = nina.row("clinical_note", signed.note_id).expect("the note came");
    assert_eq!((&row["author_id"], &row["kind"]), (&json!(lee.user()), &json!("note")));

    let frames = reception.pull().await;
    let tables: Vec<&str> = frames
        .iter()
        .filter_map(|f| match f {
            Frame::Rows { table, .. } => Some(table.as_str()),
            _ => None,
        })
        .collect();
    assert!(tables.contains(&"recall"), "{tables:?}");
    let text = serde_json::to_string(&frames).unwrap();
    for secret in ["Quokka", "Penicillin", "Amoxicillin", "clinical_note", "blood_pressure"] {
        assert!(!text.contains(secret), "the desk got {secret}");
    }
    assert_eq!(reception.row("recall", recall.recall_id).unwrap()["reason"], "Asthma review");
    let no = reception.do_it(note(patient_id, "I may not")).await;
    assert_eq!(code(&no), Some(RejectionCode::NotAllowed));
    let audited = house.count("SELECT count(*) FROM clinic.audit_event WHERE action = 'sign_note'").await;
    assert_eq!(audited, 2, "what was refused too");
}

#[tokio::test]
async fn two_words_on_one_status_are_kept_where_clinicians_see_them() {
    let house = House::new().await;
    house.person("nina", Role::Nurse).await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut nina = house.desk("nurse-1", "nina").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    let medicine = medicine(patient_id);
    assert_eq!(lee.do_it(medicine.clone()).await, Verdict::Applied);
    let status = |now: &str| {
        let edit = FieldEdit {
            table: TableName::Medication,
            row_id: medicine.medication_id.0,
            field: "status".into(),
            seen_rev: Rev(1),
            was: json!("active"),
            now: json!(now),
        };
        EditEntry { patient_id, edits: vec![edit] }
    };
    assert_eq!(lee.do_it(status("inactive")).await, Verdict::Applied);
    let Verdict::Conflict { conflicts } = nina.do_it(status("entered_in_error")).await else {
        panic!("both spoke")
    };
    lee.pull().await;
    assert_eq!(lee.row("medication", medicine.medication_id).unwrap()["status"], "entered_in_error");
    assert_eq!(lee.row("record_conflict", conflicts[0]).unwrap()["other_value"], "inactive");
    reception.pull().await;
    assert_eq!(reception.row("record_conflict", conflicts[0]), None);
    assert_eq!(house.count("SELECT count(*) FROM clinic.conflict").await, 0, "nothing in the desk's feed");
}

#[tokio::test]
async fn what_is_signed_cannot_be_changed_by_anybody() {
    let house = House::new().await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let patient_id = lee.register("Nguyen").await;
    let first = note(patient_id, "Cough");
    assert_eq!(lee.do_it(first.clone()).await, Verdict::Applied);
    let instead = SignNote { supersedes: Some(first.note_id), ..note(patient_id, "Cough, four days") };
    assert_eq!(lee.do_it(instead).await, Verdict::Applied);
    assert_eq!(house.count("SELECT count(*) FROM clinic.clinical_note").await, 2);
    for sql in ["UPDATE clinic.clinical_note SET body = 'x'", "DELETE FROM clinic.observation"] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&house.root).await.unwrap_err();
        let state = refused.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
        assert_eq!(state, "2F002", "{sql}: even the superuser");
    }
    let heads = lee.hello().await.feeds;
    assert!(heads.iter().any(|f| f.feed == FeedClass::Clinical && f.head.0 == 2), "{heads:?}");
}
