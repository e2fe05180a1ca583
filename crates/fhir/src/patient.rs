//! The person: AU Core Patient.

use serde_json::{Value, json};
use wattle_domain::entities::{Address, Patient, PatientContact};
use wattle_domain::fields::{AddressKind, BirthDateAccuracy, ContactKind};

use crate::identifier;
use crate::source::Source;
use crate::terms::{au_core, list, not_known, object, put, words};

/// The patient's resource.
pub(crate) fn resource(source: &Source<'_>) -> Value {
    let patient = &source.record.patient;
    let mut identifiers: Vec<Value> =
        source.record.identifiers.iter().filter_map(identifier::of_patient).collect();
    // AU Core wants one that can be told apart; a patient whom the server has not numbered yet has their own id.
    let number = patient.record_number.clone().unwrap_or_else(|| patient.id.to_string());
    identifiers.push(identifier::record_number(source.clinic, &number));

    let mut out = json!({
        "resourceType": "Patient",
        "id": patient.id,
        "meta": { "profile": [au_core("patient")] },
        "identifier": identifiers,
        "name": names(patient),
        "gender": patient.sex.as_str(),
    });
    put(&mut out, "extension", list(extensions(patient)));
    match patient.birth_date {
        Some(date) => {
            put(&mut out, "birthDate", Some(json!(date)));
            put(
                &mut out,
                "_birthDate",
                Some(json!({ "extension": [accuracy(patient.birth_date_accuracy)] })),
            );
        }
        None => put(&mut out, "_birthDate", Some(not_known())),
    }
    put(&mut out, "deceasedDateTime", patient.deceased_on.map(|date| json!(date)));
    put(&mut out, "telecom", list(source.record.contacts.iter().filter_map(telecom).collect()));
    put(&mut out, "address", list(source.record.addresses.iter().map(address).collect()));
    put(&mut out, "contact", list(source.record.contacts.iter().filter_map(related).collect()));
    put(
        &mut out,
        "communication",
        patient.interpreter_language.as_deref().map(|l| json!([{ "language": words(l), "preferred": true }])),
    );
    out
}

fn names(patient: &Patient) -> Vec<Value> {
    let mut usual = json!({ "use": "usual", "family": patient.family_name });
    put(&mut usual, "given", patient.given_name.as_deref().map(given));
    put(&mut usual, "prefix", patient.title.as_deref().map(|title| json!([title])));
    let preferred = patient.preferred_name.as_deref().map(|name| json!({ "use": "nickname", "text": name }));
    std::iter::once(usual).chain(preferred).collect()
}

fn given(names: &str) -> Value {
    names.split_whitespace().map(Value::from).collect()
}

fn extensions(patient: &Patient) -> Vec<Value> {
    let indigenous = patient.indigenous_status.as_deref().map(|code| {
        json!({
            "url": "http://hl7.org.au/fhir/StructureDefinition/indigenous-status",
            "valueCoding": {
                "system": "https://healthterminologies.gov.au/fhir/CodeSystem/australian-indigenous-status-1",
                "code": code,
            },
        })
    });
    let interpreter = patient.interpreter_language.as_ref().map(|_| {
        json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired", "valueBoolean": true })
    });
    let said = |url: &str, text: &Option<String>| {
        text.as_deref().map(
            |text| json!({ "url": url, "extension": [{ "url": "value", "valueCodeableConcept": words(text) }] }),
        )
    };
    let gender = said("http://hl7.org/fhir/StructureDefinition/individual-genderIdentity", &patient.gender);
    let pronouns = said("http://hl7.org/fhir/StructureDefinition/individual-pronouns", &patient.pronouns);
    [indigenous, interpreter, gender, pronouns].into_iter().flatten().collect()
}

/// How sure day, month and year are, in this order: accurate, estimated, unknown.
fn accuracy(accuracy: BirthDateAccuracy) -> Value {
    let code = match accuracy {
        BirthDateAccuracy::Exact => "AAA",
        BirthDateAccuracy::Estimated => "EEA",
        BirthDateAccuracy::Unknown => "UUU",
    };
    json!({
        "url": "http://hl7.org.au/fhir/StructureDefinition/date-accuracy-indicator",
        "valueCoding": {
            "system": "https://healthterminologies.gov.au/fhir/CodeSystem/date-accuracy-indicator-1",
            "code": code,
        },
    })
}

fn telecom(contact: &PatientContact) -> Option<Value> {
    let (system, r#use) = match contact.kind {
        ContactKind::Mobile => ("phone", "mobile"),
        ContactKind::Home => ("phone", "home"),
        ContactKind::Work => ("phone", "work"),
        ContactKind::Email => ("email", "home"),
        ContactKind::NextOfKin | ContactKind::Guardian => return None,
    };
    let mut out = json!({ "system": system, "value": contact.value, "use": r#use });
    put(&mut out, "rank", contact.preferred.then_some(1));
    Some(out)
}

/// Next of kin and guardians.
fn related(contact: &PatientContact) -> Option<Value> {
    let (code, display) = match contact.kind {
        ContactKind::NextOfKin => ("N", "Next-of-Kin"),
        ContactKind::Guardian => ("U", "Unknown"),
        _ => return None,
    };
    let mut relationship =
        crate::terms::concept("http://terminology.hl7.org/CodeSystem/v2-0131", code, display);
    if contact.kind == ContactKind::Guardian {
        put(&mut relationship, "text", Some("Guardian"));
    }
    let mut out = json!({ "relationship": [relationship] });
    put(&mut out, "name", contact.name.as_deref().map(words));
    put(
        &mut out,
        "telecom",
        (!contact.value.is_empty()).then(|| json!([{ "system": "phone", "value": contact.value }])),
    );
    Some(out)
}

fn address(address: &Address) -> Value {
    let mut out = object([
        ("city", address.suburb.as_deref()),
        ("state", address.state.as_deref()),
        ("postalCode", address.postcode.as_deref()),
        ("country", Some("AU")),
    ]);
    let (r#use, r#type) = match address.kind {
        AddressKind::Home => ("home", "physical"),
        AddressKind::Postal => ("home", "postal"),
    };
    put(&mut out, "use", Some(r#use));
    put(&mut out, "type", Some(r#type));
    let lines = [Some(&address.line1), address.line2.as_ref()].into_iter().flatten();
    put(&mut out, "line", list(lines.filter(|line| !line.is_empty()).map(|line| json!(line)).collect()));
    out
}
