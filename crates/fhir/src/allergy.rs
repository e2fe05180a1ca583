//! Allergies and intolerances: AU Core AllergyIntolerance. "Nil known" is one too, as AU Patient Summary has it.

use serde_json::{Value, json};
use wattle_domain::entities::Allergy;
use wattle_domain::fields::{AllergyKind, AllergySeverity, EntryStatus};

use crate::source::{Source, urn};
use crate::terms::{SNOMED, au_core, concept, not_known, put, words};

/// A line of the allergies; `None` for one that should never have been written.
pub(crate) fn resource(source: &Source<'_>, allergy: &Allergy) -> Option<Value> {
    let (code, display) = match allergy.status {
        EntryStatus::Active => ("active", "Active"),
        EntryStatus::Inactive => ("inactive", "Inactive"),
        EntryStatus::EnteredInError => return None,
    };
    let system = |name: &str| format!("http://terminology.hl7.org/CodeSystem/allergyintolerance-{name}");
    let mut out = json!({
        "resourceType": "AllergyIntolerance",
        "id": allergy.id,
        "meta": { "profile": [au_core("allergyintolerance")] },
        "clinicalStatus": concept(&system("clinical"), code, display),
        "verificationStatus": concept(&system("verification"), "confirmed", "Confirmed"),
        "code": what(allergy),
        "patient": { "reference": urn(allergy.patient_id.0) },
    });
    put(
        &mut out,
        "type",
        match allergy.kind {
            AllergyKind::Allergy => Some("allergy"),
            AllergyKind::Intolerance => Some("intolerance"),
            AllergyKind::NilKnown => None,
        },
    );
    put(&mut out, "criticality", (allergy.severity == Some(AllergySeverity::Severe)).then_some("high"));
    put(&mut out, "onsetDateTime", allergy.onset_on.map(|date| json!(date)));
    if let Some(made) = source.made(allergy.id.0) {
        put(&mut out, "recordedDate", Source::instant(made.at));
        put(&mut out, "recorder", made.by.map(|by| json!({ "reference": urn(by.0) })));
    }
    put(&mut out, "reaction", reaction(allergy));
    Some(out)
}

fn what(allergy: &Allergy) -> Value {
    if allergy.kind == AllergyKind::NilKnown {
        return concept(SNOMED, "716186003", "No known allergy");
    }
    allergy.substance.as_deref().map_or_else(not_known, words)
}

/// What happened, and how bad; FHIR keeps both together, and wants the first.
fn reaction(allergy: &Allergy) -> Option<Value> {
    if allergy.reaction.is_none() && allergy.severity.is_none() {
        return None;
    }
    let manifestation = allergy.reaction.as_deref().map_or_else(not_known, words);
    let mut out = json!({ "manifestation": [manifestation] });
    put(&mut out, "severity", allergy.severity.map(AllergySeverity::as_str));
    Some(json!([out]))
}
