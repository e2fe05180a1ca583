//! What clinicians do, out of what they see on their screen.

use serde_json::json;
use wattle_domain::commands::{
    BreakGlass, EditEntry, EditRecall, FieldEdit, NewObservation, RecordAllergy, RecordCondition,
    RecordMedication, RecordObservations, RecordRecall, RestrictPatient, SignNote,
};
use wattle_domain::fields::{AllergyKind, AllergySeverity, EntryStatus, ObservationCode, RecallStatus};
use wattle_domain::{ClinicDate, Command, FeedClass, NoteId, ObservationId, PatientId, Row, TableName};

use super::inbox;
use super::look::Look;
use super::person::few;
use crate::canary::word;
use crate::random::Random;
use crate::server::import::NINE;

/// Whether this file is a clinician's.
#[must_use]
pub fn works_here(look: &Look) -> bool {
    look.texts("SELECT value FROM meta WHERE name = 'profile'").iter().any(|p| p.contains("clinical"))
}

pub(super) fn text(clinic: usize, random: &mut Random) -> String {
    word(clinic, FeedClass::Clinical, &format!("d{}", random.below(1 << 40)))
}

/// Something about one patient's record.
#[must_use]
pub fn command(look: &Look, clinic: usize, random: &mut Random) -> Option<Command> {
    let patients = look.rows(TableName::Patient);
    let patient_id = PatientId(few(&patients, random)?.id);
    let of = |table: TableName| look.select(table, &format!("WHERE patient_id = '{patient_id}' ORDER BY id"));
    Some(match random.below(15) {
        0 | 1 => allergy(patient_id, clinic, random),
        2 => RecordCondition {
            condition_id: random.id().into(),
            patient_id,
            code: random.chance(500).then(|| "asthma".into()),
            text: text(clinic, random),
            comment: None,
            onset_on: None,
        }
        .into(),
        3 => RecordMedication {
            medication_id: random.id().into(),
            patient_id,
            code: random.chance(500).then(|| "amoxicillin".into()),
            text: text(clinic, random),
            directions: Some(text(clinic, random)),
            quantity: Some(20),
            repeats: Some(1),
            reason: None,
            started_on: "2026-11-23".parse().ok(),
            allergy_override: None,
        }
        .into(),
        4 | 5 => note(patient_id, &of(TableName::ClinicalNote), clinic, random),
        6 => observations(patient_id, &of(TableName::Observation), clinic, random),
        7 => recall(patient_id, &of(TableName::Recall), clinic, random),
        8 | 9 => return inbox::command(patient_id, &of(TableName::InboxItem), clinic, random),
        10 => BreakGlass {
            patient_id,
            reason: word(clinic, FeedClass::Front, &format!("d{}", random.below(1 << 40))),
        }
        .into(),
        11 if random.chance(300) => {
            RestrictPatient { patient_id, restricted: random.chance(400), open_to: Vec::new() }.into()
        }
        _ => return edit(patient_id, &of, clinic, random),
    })
}

fn allergy(patient_id: PatientId, clinic: usize, random: &mut Random) -> Command {
    let nil = random.chance(400);
    RecordAllergy {
        allergy_id: random.id().into(),
        patient_id,
        kind: if nil { AllergyKind::NilKnown } else { AllergyKind::Allergy },
        substance: (!nil).then(|| text(clinic, random)),
        code: None,
        reaction: (!nil).then(|| text(clinic, random)),
        severity: random.chance(500).then_some(AllergySeverity::Severe),
        onset_on: None,
    }
    .into()
}

fn note(patient_id: PatientId, notes: &[Row], clinic: usize, random: &mut Random) -> Command {
    let earlier = random.pick(notes).map(|row| NoteId(row.id));
    let (supersedes, amends) = match random.below(3) {
        0 => (earlier, None),
        1 => (None, earlier),
        _ => (None, None),
    };
    SignNote {
        note_id: random.id().into(),
        patient_id,
        appointment_id: random.chance(500).then(|| random.id().into()),
        body: text(clinic, random),
        supersedes,
        amends,
    }
    .into()
}

fn observations(patient_id: PatientId, earlier: &[Row], clinic: usize, random: &mut Random) -> Command {
    let weight = ObservationCode::Weight;
    let value = i64::try_from(random.between(50_000, 90_000)).unwrap_or(0);
    let observations = vec![NewObservation {
        id: random.id().into(),
        code: weight,
        value_milli: Some(value),
        second_milli: None,
        unit: weight.measure().unit.into(),
        comment: Some(text(clinic, random)),
        supersedes: random.pick(earlier).filter(|_| value % 3 == 0).map(|row| ObservationId(row.id)),
    }];
    RecordObservations { patient_id, appointment_id: None, effective_at: NINE, observations }.into()
}

fn recall(patient_id: PatientId, recalls: &[Row], clinic: usize, random: &mut Random) -> Command {
    // A recall is of the desk's feed.
    let reason = word(clinic, FeedClass::Front, &format!("d{}", random.below(1 << 40)));
    let Some(row) = random.pick(recalls).filter(|_| random.chance(600)) else {
        let due_on = ClinicDate(NINE.to_chrono().unwrap_or_default().date_naive()).plus_days(180);
        let recall_id = random.id().into();
        return RecordRecall { recall_id, patient_id, practitioner_id: None, due_on, reason }.into();
    };
    let status = [RecallStatus::Done, RecallStatus::Cancelled, RecallStatus::Due];
    let (field, now) = match random.pick(&status) {
        Some(status) if random.chance(600) => ("status", json!(status)),
        _ => ("reason", json!(reason)),
    };
    let edits = vec![change(TableName::Recall, row, field, now)];
    EditRecall { patient_id, edits }.into()
}

fn edit(
    patient_id: PatientId,
    of: &impl Fn(TableName) -> Vec<Row>,
    clinic: usize,
    random: &mut Random,
) -> Option<Command> {
    let table = *random.pick(&[TableName::Allergy, TableName::Condition, TableName::Medication])?;
    let rows = of(table);
    let row = few(&rows, random)?;
    let words = match table {
        TableName::Allergy => "reaction",
        TableName::Condition => "comment",
        _ => "directions",
    };
    let mut edits = vec![change(table, row, words, json!(text(clinic, random)))];
    if random.chance(500) {
        let status = random.pick(EntryStatus::ALL)?;
        edits.push(change(table, row, "status", json!(status)));
    }
    Some(EditEntry { patient_id, edits }.into())
}

pub(super) fn change(table: TableName, row: &Row, field: &str, now: serde_json::Value) -> FieldEdit {
    FieldEdit {
        table,
        row_id: row.id,
        field: field.into(),
        seen_rev: row.rev,
        was: row.field(field).clone(),
        now,
    }
}
