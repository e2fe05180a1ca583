//! The sections of the document, in the order of AU Patient Summary, each with what a person reads and what a program reads.

use serde_json::{Value, json};
use wattle_domain::fields::{AllergyKind, EntryStatus};
use wattle_domain::{ClinicDate, NoteId, measure};

use crate::source::{Source, urn};
use crate::terms::{LOINC, concept, list, put};
use crate::{allergy, condition, medication, narrative, observation};

/// A section and the resources that it brings into the document.
pub(crate) struct Section {
    pub(crate) json: Value,
    pub(crate) resources: Vec<Value>,
}

struct Kind {
    title: &'static str,
    loinc: (&'static str, &'static str),
    /// Why there is nothing, of FHIR's list-empty-reason, for sections that must be there.
    empty: Option<(&'static str, &'static str)>,
}

/// Every section that the document has.
pub(crate) fn all(source: &Source<'_>) -> Vec<Section> {
    let ended = problems(source, false);
    let values = values(source);
    let notes = notes(source);
    let mut sections = vec![problems(source, true), allergies(source), medicines(source)];
    sections.extend([ended, values].into_iter().filter(|section| !section.resources.is_empty()));
    sections.extend(notes);
    sections
}

fn section(kind: &Kind, text: Value, resources: Vec<Value>) -> Section {
    let mut json =
        json!({ "title": kind.title, "code": concept(LOINC, kind.loinc.0, kind.loinc.1), "text": text });
    let entries = resources
        .iter()
        .filter_map(|resource| resource.get("id").and_then(Value::as_str))
        .map(|id| json!({ "reference": format!("urn:uuid:{id}") }))
        .collect();
    put(&mut json, "entry", list(entries));
    if resources.is_empty() {
        let reason = |(code, display)| {
            concept("http://terminology.hl7.org/CodeSystem/list-empty-reason", code, display)
        };
        put(&mut json, "emptyReason", kind.empty.map(reason));
    }
    Section { json, resources }
}

const UNAVAILABLE: Option<(&str, &str)> = Some(("unavailable", "Unavailable"));
const NOT_ASKED: Option<(&str, &str)> = Some(("notasked", "Not Asked"));

fn date(date: Option<ClinicDate>) -> String {
    date.map(ClinicDate::long).unwrap_or_default()
}

fn problems(source: &Source<'_>, active: bool) -> Section {
    let kind = if active {
        Kind { title: "Active problems", loinc: ("11450-4", "Problem list - Reported"), empty: UNAVAILABLE }
    } else {
        Kind { title: "Past problems", loinc: ("11348-0", "History of Past illness note"), empty: None }
    };
    let wanted = if active { EntryStatus::Active } else { EntryStatus::Inactive };
    let held: Vec<_> = source.clinical.conditions.iter().filter(|c| c.status == wanted).collect();
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|c| {
            vec![c.text.clone(), date(c.onset_on), date(c.ended_on), c.comment.clone().unwrap_or_default()]
        })
        .collect();
    section(
        &kind,
        narrative::table(&["Problem", "Since", "Until", "Note"], &rows, "No problems are written down."),
        held.into_iter().filter_map(|c| condition::resource(source, c)).collect(),
    )
}

fn allergies(source: &Source<'_>) -> Section {
    let kind = Kind {
        title: "Allergies and intolerances",
        loinc: ("48765-2", "Allergies and adverse reactions Document"),
        empty: NOT_ASKED,
    };
    let held: Vec<_> = source.clinical.allergies.iter().filter(|a| a.status == EntryStatus::Active).collect();
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|a| {
            let what = match a.kind {
                AllergyKind::NilKnown => "No known allergy".to_owned(),
                _ => a.substance.clone().unwrap_or_default(),
            };
            let severity = a.severity.map(|severity| severity.as_str().to_owned()).unwrap_or_default();
            vec![what, a.reaction.clone().unwrap_or_default(), severity, date(a.onset_on)]
        })
        .collect();
    let none = "Nobody has written down yet whether there are allergies.";
    section(
        &kind,
        narrative::table(&["Substance", "Reaction", "Severity", "Since"], &rows, none),
        held.into_iter().filter_map(|a| allergy::resource(source, a)).collect(),
    )
}

fn medicines(source: &Source<'_>) -> Section {
    let kind = Kind {
        title: "Current medicines",
        loinc: ("10160-0", "History of Medication use Narrative"),
        empty: UNAVAILABLE,
    };
    let held: Vec<_> =
        source.clinical.medications.iter().filter(|m| m.status == EntryStatus::Active).collect();
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|m| {
            let words = |text: &Option<String>| text.clone().unwrap_or_default();
            vec![m.text.clone(), words(&m.directions), words(&m.reason), date(m.started_on)]
        })
        .collect();
    section(
        &kind,
        narrative::table(
            &["Medicine", "Directions", "For", "Since"],
            &rows,
            "No medicines are written down.",
        ),
        held.into_iter().filter_map(|m| medication::resource(source, m)).collect(),
    )
}

fn values(source: &Source<'_>) -> Section {
    let kind = Kind { title: "Measured values", loinc: ("8716-3", "Vital signs note"), empty: None };
    let held: Vec<_> = source.clinical.observations.iter().filter(|o| o.value_milli.is_some()).collect();
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|o| {
            let value = measure::show(o.code, o.value_milli.unwrap_or_default(), o.second_milli);
            let what = o.code.as_str().replace('_', " ");
            vec![what, format!("{value} {}", o.code.measure().unit_text), source.day(o.effective_at).long()]
        })
        .collect();
    section(
        &kind,
        narrative::table(&["What", "Value", "When"], &rows, "No values are written down."),
        held.into_iter().filter_map(|o| observation::resource(source, o)).collect(),
    )
}

/// Signed notes, each as it stands: superseded ones stay out, addenda follow by their date. Text for people only.
fn notes(source: &Source<'_>) -> Option<Section> {
    let replaced: Vec<NoteId> = source.clinical.notes.iter().filter_map(|note| note.supersedes).collect();
    let texts: Vec<(String, String)> = source
        .clinical
        .notes
        .iter()
        .filter(|note| !replaced.contains(&note.id))
        .map(|note| {
            let author = source.name(note.author_id).unwrap_or("Unknown");
            (format!("{}, {author}", source.day(note.signed_at).long()), note.body.clone())
        })
        .collect();
    if texts.is_empty() {
        return None;
    }
    let kind = Kind { title: "Consultation notes", loinc: ("34109-9", "Note"), empty: None };
    Some(section(&kind, narrative::texts(&texts), Vec::new()))
}

/// Whom a resource names as its writer.
pub(crate) fn writers(resource: &Value) -> impl Iterator<Item = &str> {
    ["recorder", "informationSource"]
        .into_iter()
        .filter_map(|field| resource.get(field))
        .chain(resource.get("performer").and_then(|list| list.get(0)))
        .filter_map(|reference| reference.get("reference").and_then(Value::as_str))
}

/// The patient of the document.
pub(crate) fn subject(source: &Source<'_>) -> Value {
    json!({ "reference": urn(source.record.patient.id.0) })
}
