//! The clinic: AU Core Organization.

use serde_json::{Value, json};
use wattle_domain::entities::Clinic;

use crate::source::urn;
use crate::terms::{IDENTIFIER_TYPE, au_core, words};

/// The clinic's resource.
pub(crate) fn resource(clinic: &Clinic) -> Value {
    let identifier = match &clinic.abn {
        Some(abn) => json!({
            "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "XX" }], "text": "ABN" },
            "system": "http://hl7.org.au/id/abn",
            "value": abn,
        }),
        None => json!({ "system": "urn:ietf:rfc:3986", "value": urn(clinic.id.0) }),
    };
    json!({
        "resourceType": "Organization",
        "id": clinic.id,
        "meta": { "profile": [au_core("organization")] },
        "identifier": [identifier],
        "type": [words("Clinic")],
        "name": clinic.name,
    })
}
