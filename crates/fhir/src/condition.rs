//! Problems: AU Core Condition.

use serde_json::{Value, json};
use wattle_domain::entities::Condition;
use wattle_domain::fields::EntryStatus;

use crate::source::{Source, urn};
use crate::terms::{au_core, concept, put, words};

/// A problem; `None` for one that should never have been written.
pub(crate) fn resource(source: &Source<'_>, condition: &Condition) -> Option<Value> {
    let (code, display) = match condition.status {
        EntryStatus::Active => ("active", "Active"),
        EntryStatus::Inactive => ("resolved", "Resolved"),
        EntryStatus::EnteredInError => return None,
    };
    let system = |name: &str| format!("http://terminology.hl7.org/CodeSystem/condition-{name}");
    let mut out = json!({
        "resourceType": "Condition",
        "id": condition.id,
        "meta": { "profile": [au_core("condition")] },
        "clinicalStatus": concept(&system("clinical"), code, display),
        "verificationStatus": concept(&system("ver-status"), "confirmed", "Confirmed"),
        "category": [concept(&system("category"), "problem-list-item", "Problem List Item")],
        "code": words(&condition.text),
        "subject": { "reference": urn(condition.patient_id.0) },
    });
    put(&mut out, "onsetDateTime", condition.onset_on.map(|date| json!(date)));
    // An end may be written down for a problem that came back; FHIR allows one only for what is over (con-4).
    if condition.status == EntryStatus::Inactive {
        put(&mut out, "abatementDateTime", condition.ended_on.map(|date| json!(date)));
    }
    put(&mut out, "note", condition.comment.as_deref().map(|text| json!([{ "text": text }])));
    if let Some(made) = source.made(condition.id.0) {
        put(&mut out, "recordedDate", Source::instant(made.at));
        put(&mut out, "recorder", made.by.map(|by| json!({ "reference": urn(by.0) })));
    }
    Some(out)
}
