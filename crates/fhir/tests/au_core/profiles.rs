//! Rules of AU Core profiles, by the names that the guide gives them; where it gives none, by element and cardinality.
//! Bindings to value sets are looked at where the codes are few enough to be written down.

use serde_json::Value;

type Rule = (&'static str, fn(&Value) -> bool);

const PATIENT: &[Rule] = &[
    ("au-core-pat-01: an identifier has system and value", |patient| {
        some(patient, "identifier", |one| one["system"].is_string() && one["value"].is_string())
    }),
    ("au-core-pat-02: a name has a family name", |patient| {
        some(patient, "name", |name| name["family"].is_string())
    }),
    ("au-core-pat-04: each name has text, family or given name", |patient| {
        each(patient, "name", |name| ["text", "family", "given"].iter().any(|field| !name[field].is_null()))
    }),
    ("Patient.gender 1..1 of administrative-gender", |patient| {
        ["female", "male", "other", "unknown"].iter().any(|word| patient["gender"] == *word)
    }),
    ("Patient.birthDate 1..1, or why not", |patient| {
        patient["birthDate"].is_string() || patient["_birthDate"]["extension"][0]["valueCode"] == "unknown"
    }),
    ("au-ihi 0..1, 16 digits", |patient| {
        registered(patient, "http://ns.electronichealth.net.au/id/hi/ihi/1.0", |value| {
            value.len() == 16 && value.starts_with("800360")
        })
    }),
    ("au-medicarecardnumber 0..1, 10 or 11 digits", |patient| {
        registered(patient, "http://ns.electronichealth.net.au/id/medicare-number", |value| {
            matches!(value.len(), 10 | 11) && value.bytes().all(|c| c.is_ascii_digit())
        })
    }),
    ("au-dvanumber 0..1", |patient| {
        registered(patient, "http://ns.electronichealth.net.au/id/dva", |value| !value.is_empty())
    }),
];

const ALLERGY: &[Rule] = &[
    ("AllergyIntolerance.code 1..1", |allergy| concept(&allergy["code"])),
    ("ait-1: clinicalStatus unless entered in error", |allergy| allergy["clinicalStatus"].is_object()),
    ("AllergyIntolerance.patient", |allergy| allergy["patient"]["reference"].is_string()),
    ("AllergyIntolerance.reaction.manifestation 1..*", |allergy| {
        each(allergy, "reaction", |reaction| some(reaction, "manifestation", concept))
    }),
];

const CONDITION: &[Rule] = &[
    ("au-core-cond-05: clinicalStatus unless entered in error", |condition| {
        condition["clinicalStatus"].is_object()
    }),
    ("Condition.category 1..*", |condition| some(condition, "category", concept)),
    ("Condition.code 1..1", |condition| concept(&condition["code"])),
    ("con-4: an end only of what is over", |condition| {
        let over = ["inactive", "resolved", "remission"];
        condition["abatementDateTime"].is_null()
            || over.iter().any(|code| condition["clinicalStatus"]["coding"][0]["code"] == *code)
    }),
];

const MEDICATION: &[Rule] = &[
    ("MedicationStatement.medication 1..1", |medication| concept(&medication["medicationCodeableConcept"])),
    ("MedicationStatement.subject 1..1", |medication| medication["subject"]["reference"].is_string()),
];

const OBSERVATION: &[Rule] = &[
    ("vs-2: a value, components, or why not", |observation| {
        observation["valueQuantity"].is_object() || observation["component"].is_array()
    }),
    ("au-core-obs-01: the date is at least to the day", |observation| {
        observation["effectiveDateTime"].as_str().is_some_and(|date| date.len() >= 10)
    }),
    ("Observation.category 1..*", |observation| some(observation, "category", concept)),
    ("Observation.code: LOINC", |observation| coded(&observation["code"], "http://loinc.org")),
    ("AU Core vital signs: SNOMED CT beside LOINC", |observation| {
        let profile = observation["meta"]["profile"][0].as_str().unwrap_or_default();
        !profile.contains("au-core") || coded(&observation["code"], "http://snomed.info/sct")
    }),
    ("vital signs: UCUM", |observation| {
        quantities(observation).iter().all(|q| q["system"] == "http://unitsofmeasure.org")
    }),
    ("vital signs: the unit that the profile fixes", |observation| unit_of_profile(observation)),
    ("au-core-bloodpressure: systolic and diastolic", |observation| {
        observation["code"]["coding"][0]["code"] != "85354-9"
            || observation["component"].as_array().is_some_and(|parts| {
                let codes: Vec<&Value> =
                    parts.iter().map(|part| &part["code"]["coding"][1]["code"]).collect();
                codes == ["271649006", "271650006"]
            })
    }),
];

const ORGANIZATION: &[Rule] = &[
    ("org-1: a name or an identifier", |one| one["name"].is_string() || one["identifier"].is_array()),
    ("Organization.name 1..1", |one| one["name"].is_string()),
    ("Organization.identifier", |one| {
        some(one, "identifier", |number| number["system"].is_string() && number["value"].is_string())
    }),
];

const PRACTITIONER: &[Rule] = &[("Practitioner.name 1..*, with a family name", |one| {
    some(one, "name", |name| name["family"].is_string())
})];

const COMPOSITION: &[Rule] = &[
    ("AU PS: problems, allergies and medicines are there", |composition| {
        ["11450-4", "48765-2", "10160-0"]
            .iter()
            .all(|code| some(composition, "section", |section| section["code"]["coding"][0]["code"] == *code))
    }),
    ("cmp-1: a section has text, entries or sections", |composition| {
        each(composition, "section", |section| section["text"].is_object() || section["entry"].is_array())
    }),
    ("cmp-2: a reason for emptiness only without entries", |composition| {
        each(composition, "section", |section| section["emptyReason"].is_null() || section["entry"].is_null())
    }),
    ("author, subject, custodian", |composition| {
        composition["author"][0]["reference"].is_string()
            && composition["subject"]["reference"].is_string()
            && composition["custodian"]["reference"].is_string()
    }),
];

/// Rules that resources of the document break.
pub(crate) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in document["entry"].as_array().unwrap() {
        let resource = &entry["resource"];
        let kind = resource["resourceType"].as_str().unwrap();
        let rules = match kind {
            "Patient" => PATIENT,
            "AllergyIntolerance" => ALLERGY,
            "Condition" => CONDITION,
            "MedicationStatement" => MEDICATION,
            "Observation" => OBSERVATION,
            "Organization" => ORGANIZATION,
            "Practitioner" => PRACTITIONER,
            "Composition" => COMPOSITION,
            other => {
                faults.push(format!("{other}: no rules are written down for it"));
                continue;
            }
        };
        faults.extend(
            rules.iter().filter(|(_, holds)| !holds(resource)).map(|(rule, _)| format!("{kind}: {rule}")),
        );
    }
    faults
}

fn some(value: &Value, field: &str, holds: impl Fn(&Value) -> bool) -> bool {
    value[field].as_array().is_some_and(|list| list.iter().any(holds))
}

fn each(value: &Value, field: &str, holds: impl Fn(&Value) -> bool) -> bool {
    value[field].as_array().is_none_or(|list| list.iter().all(holds))
}

/// Text, a code, or a reason why there is neither.
fn concept(value: &Value) -> bool {
    value["text"].is_string() || value["coding"][0]["code"].is_string() || value["extension"].is_array()
}

fn coded(value: &Value, system: &str) -> bool {
    some(value, "coding", |coding| coding["system"] == system && coding["code"].is_string())
}

fn registered(patient: &Value, system: &str, holds: impl Fn(&str) -> bool) -> bool {
    let values: Vec<&str> = patient["identifier"]
        .as_array()
        .map(|list| {
            list.iter()
                .filter(|one| one["system"] == system)
                .filter_map(|one| one["value"].as_str())
                .collect()
        })
        .unwrap_or_default();
    values.len() <= 1 && values.iter().all(|value| holds(value))
}

fn quantities(observation: &Value) -> Vec<&Value> {
    let parts = observation["component"].as_array().into_iter().flatten().map(|part| &part["valueQuantity"]);
    std::iter::once(&observation["valueQuantity"])
        .chain(parts)
        .filter(|quantity| !quantity.is_null())
        .collect()
}

/// Units that FHIR's vital signs allow, by LOINC code.
fn unit_of_profile(observation: &Value) -> bool {
    let allowed: &[&str] = match observation["code"]["coding"][0]["code"].as_str() {
        Some("85354-9") => &["mm[Hg]"],
        Some("8867-4" | "9279-1") => &["/min"],
        Some("8310-5") => &["Cel", "[degF]"],
        Some("29463-7") => &["g", "kg", "[lb_av]"],
        Some("8302-2" | "9843-4" | "8280-0") => &["cm", "[in_i]"],
        Some("2708-6") => &["%"],
        _ => return true,
    };
    quantities(observation).iter().all(|quantity| allowed.iter().any(|unit| quantity["code"] == *unit))
}
