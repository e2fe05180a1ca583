//! The first page of the document: who, by whom, when, and the sections.

use serde_json::{Value, json};

use crate::section::{self, Section};
use crate::source::{Source, urn};
use crate::terms::{LOINC, concept};

/// The composition's resource. Its id is derived from the document's, so that the same source gives the same bytes.
pub(crate) fn resource(source: &Source<'_>, sections: &[Section]) -> Value {
    let sections: Vec<&Value> = sections.iter().map(|section| &section.json).collect();
    json!({
        "resourceType": "Composition",
        "id": uuid::Uuid::new_v5(&source.id, b"composition"),
        "language": "en-AU",
        "status": "final",
        "type": concept(LOINC, "60591-5", "Patient summary Document"),
        "subject": section::subject(source),
        "date": Source::instant(source.at),
        "author": [{ "reference": urn(source.author.0.0) }],
        "title": "Patient summary",
        "custodian": { "reference": urn(source.clinic.id.0) },
        "section": sections,
    })
}
