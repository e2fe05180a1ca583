//! Documents of a sample patient, read by FHIR R4's own rules (`fhirkit`, generated from the official package), by the
//! rules that R4 has for documents, and by those of AU Core that need no network. Each of our own rules is tried against a
//! document that breaks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "au_core/break.rs"]
mod broken;
#[path = "au_core/document.rs"]
mod document;
#[path = "au_core/profiles.rs"]
mod profiles;
#[path = "au_core/sample.rs"]
mod sample;

use fhirkit::r4::Bundle;
use sample::Sample;

#[test]
fn a_full_record_is_a_valid_document() {
    valid(&Sample::full().document());
}

#[test]
fn an_empty_record_is_a_valid_document_that_says_why() {
    let document = Sample::empty().document();
    valid(&document);
    let composition = &document["entry"][0]["resource"];
    let reasons: Vec<_> = composition["section"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["emptyReason"]["coding"][0]["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["unavailable", "notasked", "unavailable"],
        "a section that must be there says why it is empty"
    );
}

#[test]
fn nil_known_is_told_as_such() {
    let document = Sample::nil_known().document();
    valid(&document);
    let allergy = resources(&document, "AllergyIntolerance");
    assert_eq!(allergy[0]["code"]["coding"][0]["code"], "716186003", "SNOMED CT: no known allergy");
}

#[test]
fn what_was_a_mistake_stays_at_home() {
    let text = Sample::full().document().to_string();
    for mistake in ["Written by mistake", "Replaced note", "Taken back"] {
        assert!(!text.contains(mistake), "{mistake:?} must not leave the house");
    }
}

#[test]
fn typed_text_stays_text() {
    let document = Sample::full().document();
    let divs: String = document["entry"][0]["resource"]["section"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["text"]["div"].as_str().unwrap())
        .collect();
    assert!(divs.contains("&lt;script&gt;"), "markup that somebody typed is shown, not obeyed");
    assert!(!divs.contains("<script"), "no element comes out of typed text");
}

#[test]
fn the_same_record_gives_the_same_document() {
    assert_eq!(Sample::full().document().to_string(), Sample::full().document().to_string());
}

/// Everything that can be said against a document without a network.
fn faults(document: &serde_json::Value) -> Vec<String> {
    let mut faults: Vec<String> = match fhirkit::from_json::<Bundle>(&document.to_string()) {
        Ok((_, issues)) => issues.iter().map(|issue| format!("R4: {issue}")).collect(),
        Err(error) => vec![format!("R4: {error:?}")],
    };
    faults.extend(document::faults(document));
    faults.extend(profiles::faults(document));
    faults
}

fn valid(document: &serde_json::Value) {
    let faults = faults(document);
    assert!(faults.is_empty(), "the document breaks rules:\n{}", faults.join("\n"));
}

fn resources<'a>(document: &'a serde_json::Value, kind: &str) -> Vec<&'a serde_json::Value> {
    document["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == kind)
        .collect()
}
