//! FHIR R4, documents: the first entry is the composition, every reference finds its resource, every resource is there for a
//! reason, no resource twice.

use std::collections::BTreeSet;

use serde_json::Value;

pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let entries = document["entry"].as_array().unwrap();
    if document["type"] != "document" || entries[0]["resource"]["resourceType"] != "Composition" {
        faults.push("bdl-11: a document begins with a Composition".to_owned());
    }
    if document["identifier"]["system"].is_null() || document["identifier"]["value"].is_null() {
        faults.push("bdl-9: a document has an identifier with a system and a value".to_owned());
    }
    if document["timestamp"].is_null() {
        faults.push("bdl-10: a document has a date".to_owned());
    }
    let urls: Vec<&str> = entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap_or_default()).collect();
    let held: BTreeSet<&str> = urls.iter().copied().collect();
    if held.len() != urls.len() {
        faults.push("bdl-7: an address occurs twice".to_owned());
    }
    for (entry, url) in entries.iter().zip(&urls) {
        let id = entry["resource"]["id"].as_str().unwrap_or_default();
        if *url != format!("urn:uuid:{id}") {
            faults.push(format!("{url}: the address is not that of the resource"));
        }
    }

    let mut reached = BTreeSet::new();
    let mut ahead = vec![urls[0].to_owned()];
    while let Some(url) = ahead.pop() {
        if !reached.insert(url.clone()) {
            continue;
        }
        match urls.iter().position(|held| *held == url) {
            Some(at) => references(&entries[at]["resource"], &mut ahead),
            None => faults.push(format!("{url} is named and not in the document")),
        }
    }
    faults.extend(
        urls.iter()
            .filter(|url| !reached.contains(**url))
            .map(|url| format!("{url} is in the document and nobody names it")),
    );
    faults
}

fn references(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            out.extend(fields.get("reference").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| references(value, out));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, out)),
        _ => {}
    }
}
