//! Shapes and addresses of other people's code systems.

use serde_json::{Map, Value, json};

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// HL7's table of identifier types; Australia's additions have a table of their own.
pub(crate) const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
pub(crate) const IDENTIFIER_TYPE_AU: &str = "http://terminology.hl7.org.au/CodeSystem/v2-0203";

/// The canonical address of an AU Core profile.
pub(crate) fn au_core(profile: &str) -> String {
    format!("http://hl7.org.au/fhir/core/StructureDefinition/au-core-{profile}")
}

/// A concept with one code.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }] })
}

/// A concept in somebody's words.
pub(crate) fn words(text: &str) -> Value {
    json!({ "text": text })
}

/// A value that FHIR wants and nobody wrote down.
pub(crate) fn not_known() -> Value {
    json!({ "extension": [
        { "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown" },
    ] })
}

/// Puts a field in when there is something to put in.
pub(crate) fn put(object: &mut Value, field: &str, value: Option<impl Into<Value>>) {
    if let (Some(value), Some(object)) = (value, object.as_object_mut()) {
        object.insert(field.to_owned(), value.into());
    }
}

/// A list, or nothing: FHIR has no empty lists.
pub(crate) fn list(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

/// An object without its empty texts.
pub(crate) fn object<const N: usize>(fields: [(&str, Option<&str>); N]) -> Value {
    let kept = fields.into_iter().filter_map(|(name, value)| {
        value.map(str::trim).filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value.into()))
    });
    Value::Object(kept.collect::<Map<_, _>>())
}
