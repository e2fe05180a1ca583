//! What was measured: FHIR's vital signs, under AU Core's profiles where it has one.

use serde_json::{Value, json};
use wattle_domain::entities::Observation;
use wattle_domain::fields::ObservationCode;

use crate::source::{Source, urn};
use crate::terms::{LOINC, SNOMED, au_core, put};

/// How one kind of value is told to others.
struct Term {
    /// Profile that it follows.
    profile: Profile,
    /// Of FHIR's observation-category.
    category: &'static str,
    loinc: (&'static str, &'static str),
    /// AU Core wants SNOMED CT beside LOINC for its own profiles.
    snomed: Option<(&'static str, &'static str)>,
}

enum Profile {
    AuCore(&'static str),
    /// FHIR's own vital sign.
    Fhir(&'static str),
    None,
}

fn term(code: ObservationCode) -> Term {
    let vital =
        |profile, loinc, snomed| Term { profile, category: "vital-signs", loinc, snomed: Some(snomed) };
    match code {
        ObservationCode::BloodPressure => vital(
            Profile::AuCore("bloodpressure"),
            ("85354-9", "Blood pressure panel with all children optional"),
            ("75367002", "Blood pressure"),
        ),
        ObservationCode::HeartRate => {
            vital(Profile::AuCore("heartrate"), ("8867-4", "Heart rate"), ("364075005", "Heart rate"))
        }
        ObservationCode::RespiratoryRate => vital(
            Profile::AuCore("resprate"),
            ("9279-1", "Respiratory rate"),
            ("86290005", "Respiratory rate"),
        ),
        ObservationCode::Temperature => vital(
            Profile::AuCore("bodytemp"),
            ("8310-5", "Body temperature"),
            ("386725007", "Body temperature"),
        ),
        ObservationCode::Weight => {
            vital(Profile::AuCore("bodyweight"), ("29463-7", "Body weight"), ("27113001", "Body weight"))
        }
        ObservationCode::Height => vital(
            Profile::AuCore("bodyheight"),
            ("8302-2", "Body height"),
            ("50373000", "Body height measure"),
        ),
        ObservationCode::Waist => vital(
            Profile::AuCore("waistcircum"),
            ("8280-0", "Waist Circumference at umbilicus by Tape measure"),
            ("276361009", "Waist circumference"),
        ),
        ObservationCode::HeadCircumference => vital(
            Profile::Fhir("headcircum"),
            ("9843-4", "Head Occipital-frontal circumference"),
            ("363812007", "Head circumference"),
        ),
        ObservationCode::OxygenSaturation => vital(
            Profile::Fhir("oxygensat"),
            ("2708-6", "Oxygen saturation in Arterial blood"),
            ("103228002", "Hemoglobin saturation with oxygen"),
        ),
        ObservationCode::BloodGlucose => Term {
            profile: Profile::None,
            category: "laboratory",
            loinc: ("15074-8", "Glucose [Moles/volume] in Blood"),
            snomed: None,
        },
        ObservationCode::Pain => Term {
            profile: Profile::None,
            category: "survey",
            loinc: ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
            snomed: None,
        },
    }
}

/// A measured value; `None` for one that was taken back.
pub(crate) fn resource(source: &Source<'_>, observation: &Observation) -> Option<Value> {
    let value = observation.value_milli?;
    let term = term(observation.code);
    let mut out = json!({
        "resourceType": "Observation",
        "id": observation.id,
        "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": term.category,
        }] }],
        "code": { "coding": codings(term.loinc, term.snomed) },
        "subject": { "reference": urn(observation.patient_id.0) },
        "effectiveDateTime": Source::instant(observation.effective_at)?,
    });
    let profile = match term.profile {
        Profile::AuCore(name) => Some(au_core(name)),
        Profile::Fhir(name) => Some(format!("http://hl7.org/fhir/StructureDefinition/{name}")),
        Profile::None => None,
    };
    put(&mut out, "meta", profile.map(|profile| json!({ "profile": [profile] })));
    match observation.second_milli {
        Some(second) => put(
            &mut out,
            "component",
            Some(json!([
                component(
                    ("8480-6", "Systolic blood pressure"),
                    ("271649006", "Systolic blood pressure"),
                    observation,
                    value
                ),
                component(
                    ("8462-4", "Diastolic blood pressure"),
                    ("271650006", "Diastolic blood pressure"),
                    observation,
                    second
                ),
            ])),
        ),
        None => put(&mut out, "valueQuantity", Some(quantity(observation, value))),
    }
    put(&mut out, "note", observation.comment.as_deref().map(|text| json!([{ "text": text }])));
    let by = source.made(observation.id.0).and_then(|made| made.by);
    put(&mut out, "performer", by.map(|by| json!([{ "reference": urn(by.0) }])));
    Some(out)
}

fn codings(loinc: (&str, &str), snomed: Option<(&str, &str)>) -> Vec<Value> {
    let coding = |system: &str, (code, display): (&str, &str)| json!({ "system": system, "code": code, "display": display });
    std::iter::once(coding(LOINC, loinc)).chain(snomed.map(|term| coding(SNOMED, term))).collect()
}

fn component(loinc: (&str, &str), snomed: (&str, &str), observation: &Observation, milli: i64) -> Value {
    json!({ "code": { "coding": codings(loinc, Some(snomed)) }, "valueQuantity": quantity(observation, milli) })
}

/// A decimal with its UCUM unit. Thousandths of a value within its range are exact in a double's decimal form.
fn quantity(observation: &Observation, milli: i64) -> Value {
    let measure = observation.code.measure();
    let text = wattle_domain::measure::decimal(milli, measure.decimals);
    let value: Value = text
        .parse::<i64>()
        .map(Value::from)
        .or_else(|_| text.parse::<f64>().map(Value::from))
        .unwrap_or(Value::Null);
    json!({
        "value": value,
        "unit": measure.unit_text,
        "system": "http://unitsofmeasure.org",
        "code": observation.unit,
    })
}
