//! Results, letters, the address book and consents.

use serde_json::json;
use wattle_domain::commands::{
    ActionResult, EditProvider, ProviderDetails, RecallFrom, RecordConsent, RecordProvider, RecordResult,
    WriteLetter,
};
use wattle_domain::fields::{ConsentKind, ResultAction};
use wattle_domain::{ClinicDate, Command, FeedClass, PatientId, Row, TableName};

use super::clinician::{change, text};
use super::look::Look;
use super::person::few;
use crate::canary::word;
use crate::random::Random;
use crate::server::import::NINE;

/// What a clinician does with results and letters of a patient.
#[must_use]
pub fn command(patient_id: PatientId, items: &[Row], clinic: usize, random: &mut Random) -> Option<Command> {
    match random.below(5) {
        0 => Some(letter(patient_id, clinic, random)),
        1 | 2 => Some(result(patient_id, clinic, random)),
        // Acted on or not: who comes second must be told.
        _ => few(items, random).map(|item| act(patient_id, item, clinic, random)),
    }
}

/// What the desk does with the address book and consents.
#[must_use]
pub fn at_the_desk(look: &Look, clinic: usize, random: &mut Random) -> Option<Command> {
    if random.chance(400) {
        let patients = look.rows(TableName::Patient);
        let patient = few(&patients, random)?;
        return Some(
            RecordConsent {
                consent_id: random.id().into(),
                patient_id: patient.id.into(),
                kind: ConsentKind::ShareRecord,
                given: random.chance(700),
                note: word(clinic, FeedClass::Front, &format!("d{}", random.below(1 << 40))),
            }
            .into(),
        );
    }
    let name = |random: &mut Random| word(clinic, FeedClass::Ref, &format!("d{}", random.below(1 << 40)));
    let book = look.rows(TableName::ExternalProvider);
    if let Some(row) = few(&book, random).filter(|_| random.chance(700)) {
        let field = *random.pick(&["name", "phone", "suburb"])?;
        let edits = vec![change(TableName::ExternalProvider, row, field, json!(name(random)))];
        return Some(EditProvider { edits }.into());
    }
    let details = ProviderDetails { name: name(random), ..ProviderDetails::default() };
    Some(RecordProvider { provider_id: random.id().into(), details }.into())
}

fn letter(patient_id: PatientId, clinic: usize, random: &mut Random) -> Command {
    WriteLetter {
        letter_id: random.id().into(),
        patient_id,
        provider_id: random.chance(500).then(|| random.id().into()),
        recipient: text(clinic, random),
        subject: text(clinic, random),
        body: text(clinic, random),
        document_id: None,
    }
    .into()
}

fn result(patient_id: PatientId, clinic: usize, random: &mut Random) -> Command {
    RecordResult {
        item_id: random.id().into(),
        patient_id,
        practitioner_id: None,
        title: text(clinic, random),
        source: None,
        text: random.chance(500).then(|| text(clinic, random)),
        document_id: None,
        abnormal: random.chance(300),
    }
    .into()
}

fn act(patient_id: PatientId, item: &Row, clinic: usize, random: &mut Random) -> Command {
    let action = random.pick(ResultAction::ALL).copied().unwrap_or(ResultAction::Told);
    let recall = (action == ResultAction::Recall).then(|| RecallFrom {
        recall_id: random.id().into(),
        due_on: ClinicDate(NINE.to_chrono().unwrap_or_default().date_naive()).plus_days(30),
        // A recall is of the desk's feed.
        reason: word(clinic, FeedClass::Front, &format!("d{}", random.below(1 << 40))),
    });
    let note = random.chance(700).then(|| text(clinic, random));
    ActionResult { item_id: item.id.into(), patient_id, action, note, recall }.into()
}
