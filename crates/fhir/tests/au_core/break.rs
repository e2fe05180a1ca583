//! A rule that nothing can break proves nothing: every kind of fault is made once, and must be found.

use serde_json::{Value, json};

use super::faults;
use super::sample::Sample;

/// A kind, a field of it, what it is set to, and a word of the fault that must be found.
type Break = (&'static str, &'static str, fn() -> Value, &'static str);

/// Field of the first resource of a kind, what it is set to, and a word of the fault that must be found.
const BREAKS: &[Break] = &[
    ("Patient", "identifier", || json!([{ "value": "1" }]), "au-core-pat-01"),
    ("Patient", "name", || json!([{ "text": "Only text" }]), "au-core-pat-02"),
    ("Patient", "name", || json!([{ "family": "A" }, { "use": "nickname" }]), "au-core-pat-04"),
    ("Patient", "gender", || json!("F"), "Patient.gender"),
    ("Patient", "birthDate", || json!("3/2/61"), "R4"),
    ("AllergyIntolerance", "code", || Value::Null, "AllergyIntolerance.code"),
    ("AllergyIntolerance", "clinicalStatus", || Value::Null, "ait-1"),
    ("AllergyIntolerance", "reaction", || json!([{ "severity": "mild" }]), "manifestation"),
    ("Condition", "clinicalStatus", || Value::Null, "au-core-cond-05"),
    ("Condition", "category", || Value::Null, "Condition.category"),
    ("Condition", "abatementDateTime", || json!("2020-01-01"), "con-4"),
    ("MedicationStatement", "subject", || Value::Null, "subject"),
    ("MedicationStatement", "status", || Value::Null, "R4"),
    ("MedicationStatement", "recorder", || json!({}), "R4"),
    ("Observation", "effectiveDateTime", || json!("2026"), "au-core-obs-01"),
    ("Observation", "component", || Value::Null, "vs-2"),
    ("Observation", "code", || json!({ "text": "BP" }), "LOINC"),
    ("Practitioner", "name", || Value::Null, "Practitioner.name"),
    ("Organization", "name", || Value::Null, "Organization.name"),
    ("Organization", "id", || json!("11111111-1111-7111-8111-111111111111"), "not that of the resource"),
    ("Composition", "section", || json!([]), "AU PS"),
    ("Composition", "custodian", || json!({ "reference": "urn:uuid:elsewhere" }), "not in the document"),
    ("Composition", "author", || Value::Null, "author"),
];

#[test]
fn every_rule_can_be_broken() {
    for (kind, field, value, expected) in BREAKS {
        let mut document = Sample::full().document();
        let resource = document["entry"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .map(|entry| &mut entry["resource"])
            .find(|resource| resource["resourceType"] == *kind)
            .unwrap();
        match value() {
            Value::Null => drop(resource.as_object_mut().unwrap().remove(*field)),
            value => resource[*field] = value,
        }
        let found = faults(&document);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{kind}.{field} was broken and {expected:?} not found among {found:?}"
        );
    }
}
