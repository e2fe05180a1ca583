//! The document: a bundle in which every reference finds its resource.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::UserId;

use crate::source::{Source, urn};
use crate::{composition, organization, patient, practitioner, section};

/// The patient's record as one FHIR R4 document (`Bundle` of type `document`, JSON). Entries that were made in error are left
/// out; so are superseded notes and values that were taken back. The same source gives the same document.
#[must_use]
pub fn document(source: &Source<'_>) -> Value {
    let sections = section::all(source);
    let mut resources = vec![
        composition::resource(source, &sections),
        patient::resource(source),
        organization::resource(source.clinic),
    ];
    let mut writers = BTreeSet::from([source.author.0.0]);
    for resource in sections.iter().flat_map(|section| &section.resources) {
        let named = section::writers(resource).filter_map(|urn| urn.strip_prefix("urn:uuid:"));
        writers.extend(named.filter_map(|id| Uuid::parse_str(id).ok()));
    }
    resources.extend(writers.into_iter().map(|user| practitioner::resource(source, UserId(user))));
    resources.extend(sections.into_iter().flat_map(|section| section.resources));

    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    json!({
        "resourceType": "Bundle",
        "id": source.id,
        "language": "en-AU",
        "identifier": { "system": "urn:ietf:rfc:3986", "value": urn(source.id) },
        "type": "document",
        "timestamp": Source::instant(source.at),
        "entry": entries,
    })
}

fn entry(resource: Value) -> Value {
    let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
    json!({ "fullUrl": format!("urn:uuid:{id}"), "resource": resource })
}
