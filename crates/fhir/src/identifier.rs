//! Numbers of a patient, with the addresses that Australia gave their registers (AU Base identifier profiles).

use serde_json::{Value, json};
use wattle_domain::entities::{Clinic, PatientIdentifier};
use wattle_domain::fields::IdentifierKind;

use crate::terms::{IDENTIFIER_TYPE, IDENTIFIER_TYPE_AU, put};

/// A number that somebody else gave, or `None` for one without a register: the key in the system the clinic came from.
pub(crate) fn of_patient(identifier: &PatientIdentifier) -> Option<Value> {
    let (table, code, text, system) = match identifier.kind {
        IdentifierKind::Medicare => {
            (IDENTIFIER_TYPE, "MC", "Medicare Number", "http://ns.electronichealth.net.au/id/medicare-number")
        }
        IdentifierKind::Ihi => {
            (IDENTIFIER_TYPE, "NI", "IHI", "http://ns.electronichealth.net.au/id/hi/ihi/1.0")
        }
        IdentifierKind::Dva => {
            (IDENTIFIER_TYPE_AU, "DVAU", "DVA Number", "http://ns.electronichealth.net.au/id/dva")
        }
        IdentifierKind::Pension => (IDENTIFIER_TYPE_AU, "PEN", "Pensioner Concession Card", CENTRELINK),
        IdentifierKind::Hcc => (IDENTIFIER_TYPE_AU, "HC", "Health Care Card", CENTRELINK),
        IdentifierKind::Private | IdentifierKind::Legacy => return None,
    };
    // The reference on a Medicare card is the eleventh digit of the number.
    let reference = match identifier.kind {
        IdentifierKind::Medicare if identifier.value.len() == 10 => {
            identifier.reference.as_deref().unwrap_or_default()
        }
        _ => "",
    };
    let mut out = json!({
        "type": { "coding": [{ "system": table, "code": code }], "text": text },
        "system": system,
        "value": format!("{}{reference}", identifier.value),
    });
    put(&mut out, "period", identifier.expires_on.map(|until| json!({ "end": until })));
    Some(out)
}

const CENTRELINK: &str = "http://ns.electronichealth.net.au/id/centrelink-customer-reference-number";

/// The clinic's own record number, told apart from other clinics' by its business number.
pub(crate) fn record_number(clinic: &Clinic, number: &str) -> Value {
    let system = match &clinic.abn {
        Some(abn) => format!("http://ns.electronichealth.net.au/id/abn-scoped/medicalrecord/1.0/{abn}"),
        None => crate::source::urn(clinic.id.0),
    };
    json!({
        "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "MR" }], "text": "Medical record number" },
        "system": system,
        "value": number,
        "assigner": { "display": clinic.name },
    })
}
