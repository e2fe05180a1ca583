//! Who wrote: AU Core Practitioner. Its id is that of the account.

use serde_json::{Value, json};
use wattle_domain::UserId;

use crate::source::Source;
use crate::terms::{IDENTIFIER_TYPE, IDENTIFIER_TYPE_AU, au_core, list, put};

/// Somebody who wrote in the record, or makes the document. An account without a row of its own among the practitioners is
/// known by the name that people see; its last word is the family name.
pub(crate) fn resource(source: &Source<'_>, user: UserId) -> Value {
    let listed = source.practitioners.iter().find(|practitioner| practitioner.user_id == Some(user));
    let mut out = json!({
        "resourceType": "Practitioner",
        "id": user,
        "meta": { "profile": [au_core("practitioner")] },
    });
    let mut name = match listed {
        Some(practitioner) => {
            let mut name = json!({ "family": practitioner.family_name });
            put(&mut name, "given", practitioner.given_name.as_deref().map(|given| json!([given])));
            put(&mut name, "prefix", practitioner.title.as_deref().map(|title| json!([title])));
            name
        }
        None => {
            let shown = source.name(user).unwrap_or("Unknown");
            let (given, family) = shown.rsplit_once(' ').unwrap_or(("", shown));
            let mut name = json!({ "family": family, "text": shown });
            put(&mut name, "given", (!given.is_empty()).then(|| json!([given])));
            name
        }
    };
    put(&mut name, "use", Some("usual"));
    put(&mut out, "name", Some(json!([name])));
    if let Some(practitioner) = listed {
        let number = |table: &str, code: &str, text: &str, system: &str, value: &Option<String>| {
            value.as_deref().map(|value| {
                json!({
                    "type": { "coding": [{ "system": table, "code": code }], "text": text },
                    "system": system,
                    "value": value,
                })
            })
        };
        let numbers = [
            number(
                IDENTIFIER_TYPE,
                "NPI",
                "HPI-I",
                "http://ns.electronichealth.net.au/id/hi/hpii/1.0",
                &practitioner.hpii,
            ),
            number(
                IDENTIFIER_TYPE_AU,
                "AHPRA",
                "Ahpra Registration Number",
                "http://hl7.org.au/id/ahpra-registration-number",
                &practitioner.ahpra_number,
            ),
            number(
                IDENTIFIER_TYPE,
                "PRES",
                "PBS Prescriber Number",
                "http://ns.electronichealth.net.au/id/medicare-prescriber-number",
                &practitioner.prescriber_number,
            ),
        ];
        put(&mut out, "identifier", list(numbers.into_iter().flatten().collect()));
    }
    out
}
