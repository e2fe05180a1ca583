//! Medicines: AU Core MedicationStatement, since the clinic's list says what is taken, prescribed here or not.

use serde_json::{Value, json};
use wattle_domain::entities::Medication;
use wattle_domain::fields::EntryStatus;

use crate::source::{Source, urn};
use crate::terms::{au_core, put, words};

/// A medicine; `None` for one that should never have been written.
pub(crate) fn resource(source: &Source<'_>, medication: &Medication) -> Option<Value> {
    let status = match medication.status {
        EntryStatus::Active => "active",
        EntryStatus::Inactive => "stopped",
        EntryStatus::EnteredInError => return None,
    };
    let mut out = json!({
        "resourceType": "MedicationStatement",
        "id": medication.id,
        "meta": { "profile": [au_core("medicationstatement")] },
        "status": status,
        "medicationCodeableConcept": words(&medication.text),
        "subject": { "reference": urn(medication.patient_id.0) },
    });
    if medication.started_on.is_some() || medication.ended_on.is_some() {
        let mut period = json!({});
        put(&mut period, "start", medication.started_on.map(|date| json!(date)));
        put(&mut period, "end", medication.ended_on.map(|date| json!(date)));
        put(&mut out, "effectivePeriod", Some(period));
    }
    put(&mut out, "reasonCode", medication.reason.as_deref().map(|text| json!([words(text)])));
    put(&mut out, "dosage", medication.directions.as_deref().map(|text| json!([{ "text": text }])));
    put(&mut out, "note", supply(medication).map(|text| json!([{ "text": text }])));
    if let Some(made) = source.made(medication.id.0) {
        put(&mut out, "dateAsserted", Source::instant(made.at));
        put(&mut out, "informationSource", made.by.map(|by| json!({ "reference": urn(by.0) })));
    }
    Some(out)
}

fn supply(medication: &Medication) -> Option<String> {
    match (medication.quantity, medication.repeats) {
        (None, None) => None,
        (Some(quantity), None) => Some(format!("Quantity {quantity}")),
        (None, Some(repeats)) => Some(format!("{repeats} repeats")),
        (Some(quantity), Some(repeats)) => Some(format!("Quantity {quantity}, {repeats} repeats")),
    }
}
