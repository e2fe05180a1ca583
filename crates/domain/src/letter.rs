//! Templates of letters, and their merge fields.
//!
//! A field is `{{name}}` in a template's text; [`FIELDS`] lists the names that there are. A name that stands for nothing stays
//! as it is, so that whoever writes sees it and nothing is left out in silence.

use std::collections::BTreeMap;

/// A letter to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// For scripts: `referral`.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What the letter is about.
    pub subject: &'static str,
    /// What it says.
    pub body: &'static str,
}

/// Names that may stand in double braces, with what they stand for.
pub const FIELDS: &[(&str, &str)] = &[
    ("patient.name", "Maria Costa"),
    ("patient.title_name", "Ms Costa"),
    ("patient.born", "03 Feb 1961"),
    ("patient.address", "1 Wattle St, Newtown NSW 2042"),
    ("patient.medicare", "2123 45670 1 / 2"),
    ("provider.name", "Dr Priya Raman"),
    ("author.name", "Dr Wei Lee"),
    ("clinic.name", "Wattle Street Clinic"),
    ("today", "Thu 26 Nov 2026"),
    ("problems", "a list of active problems"),
    ("medicines", "a list of current medicines with their directions"),
    ("allergies", "a list of allergies, or nil known"),
    ("values", "the latest of each measured value"),
];

/// The letters that most clinics write.
pub const TEMPLATES: &[Template] = &[
    Template {
        id: "referral",
        name: "Referral to a specialist",
        subject: "Referral",
        body: "Dear {{provider.name}},\n\nThank you for seeing {{patient.name}}, born {{patient.born}}, about\n\n\n\n# Problems\n{{problems}}\n\n# Medicines\n{{medicines}}\n\n# Allergies\n{{allergies}}\n\n# Latest values\n{{values}}",
    },
    Template {
        id: "report",
        name: "Report to another doctor",
        subject: "Report",
        body: "Dear {{provider.name}},\n\nI saw {{patient.name}}, born {{patient.born}}, on {{today}}.\n\n\n\n# Medicines\n{{medicines}}\n\n# Allergies\n{{allergies}}",
    },
    Template {
        id: "certificate",
        name: "Medical certificate",
        subject: "Medical certificate",
        body: "To whom it may concern,\n\nI examined {{patient.name}}, born {{patient.born}}, on {{today}}. In my opinion they are unfit for work from {{today}} until",
    },
    Template {
        id: "results",
        name: "Letter to the patient: results",
        subject: "Your results",
        body: "Dear {{patient.title_name}},\n\nYour results have come back.\n\n\n\nPlease ring us if you have questions.",
    },
    Template {
        id: "recall",
        name: "Letter to the patient: please come",
        subject: "Please make an appointment",
        body: "Dear {{patient.title_name}},\n\nWe would like to see you again. Please ring {{clinic.name}} to make an appointment.",
    },
];

/// Puts what fields stand for into a text. A field that is not among `values` stays as it is.
#[must_use]
pub fn merge(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, behind)) if values.contains_key(name.trim()) => {
                out.push_str(values.get(name.trim()).map(String::as_str).unwrap_or_default());
                rest = behind;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Fields that are still in a text: a letter with one is not finished.
#[must_use]
pub fn unmerged(text: &str) -> Vec<&str> {
    let parts = text.split("{{").skip(1);
    parts.filter_map(|part| part.split_once("}}").map(|(name, _)| name.trim())).collect()
}

/// The first of a letter's parts in which a field stands open: such a letter does not leave.
#[must_use]
pub fn open_part(recipient: &str, subject: &str, body: &str) -> Option<&'static str> {
    let parts = [("recipient", recipient), ("subject", subject), ("body", body)];
    parts.into_iter().find(|(_, text)| !unmerged(text).is_empty()).map(|(part, _)| part)
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// `subject` or `body`.
    pub part: &'static str,
    /// Which line of it, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: TemplateBroken,
}

/// What is wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateBroken {
    /// No field has this name.
    Unknown(String),
    /// A field is begun with `{{` and not ended on the same line.
    Unclosed,
    /// `}}` ends a field that nobody has begun.
    Stray,
}

/// Whether every field of a template is whole and one that there is.
///
/// # Errors
/// The first fault, subject first.
pub fn check_template(subject: &str, body: &str) -> Result<(), TemplateFault> {
    for (part, text) in [("subject", subject), ("body", body)] {
        for (line, text) in (1..).zip(text.lines()) {
            if let Some(what) = broken(text) {
                return Err(TemplateFault { part, line, what });
            }
        }
    }
    Ok(())
}

fn broken(line: &str) -> Option<TemplateBroken> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        if before.contains("}}") {
            return Some(TemplateBroken::Stray);
        }
        let Some((name, behind)) = after.split_once("}}").filter(|(name, _)| !name.contains("{{")) else {
            return Some(TemplateBroken::Unclosed);
        };
        let name = name.trim();
        if !FIELDS.iter().any(|(known, _)| *known == name) {
            return Some(TemplateBroken::Unknown(name.to_owned()));
        }
        rest = behind;
    }
    rest.contains("}}").then_some(TemplateBroken::Stray)
}

/// What the fields stand for in a sample.
#[must_use]
pub fn sample() -> BTreeMap<String, String> {
    FIELDS.iter().map(|(name, stands_for)| ((*name).to_owned(), (*stands_for).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        sample()
    }

    #[test]
    fn a_broken_template_says_where() {
        use TemplateBroken::{Stray, Unclosed, Unknown};
        let fault = |part, line, what| Err(TemplateFault { part, line, what });
        let cases = [
            ("Referral", "Dear {{ provider.name }},\n\n{{problems}}", Ok(()), "as written"),
            (
                "For {{patient.shoe}}",
                "x",
                fault("subject", 1, Unknown("patient.shoe".into())),
                "no such field",
            ),
            ("x", "Dear\n\n{{patient.nmae}}", fault("body", 3, Unknown("patient.nmae".into())), "a slip"),
            ("x", "a\n{{patient.name", fault("body", 2, Unclosed), "not ended"),
            ("x", "{{patient.name\n}}", fault("body", 1, Unclosed), "ended on another line"),
            ("x", "{{ {{patient.name}}", fault("body", 1, Unclosed), "begun twice"),
            ("x", "patient.name}}", fault("body", 1, Stray), "never begun"),
            ("x", "{{patient.name}} }}", fault("body", 1, Stray), "ended twice"),
            ("x", "{{}}", fault("body", 1, Unknown(String::new())), "nameless"),
            ("x", "a single { brace } is a brace", Ok(()), "data"),
        ];
        for (subject, body, wanted, why) in cases {
            assert_eq!(check_template(subject, body), wanted, "{why}: {body}");
        }
        for template in TEMPLATES {
            assert_eq!(check_template(template.subject, template.body), Ok(()), "{}", template.id);
        }
    }

    #[test]
    fn every_field_of_every_template_is_known() {
        for template in TEMPLATES {
            for text in [template.subject, template.body] {
                let merged = merge(text, &values());
                assert!(unmerged(&merged).is_empty(), "{}: {merged}", template.id);
            }
        }
    }

    #[test]
    fn what_stands_for_nothing_stays() {
        let merged = merge("Dear {{ patient.name }}, {{patient.shoe}} {{ and {{patient.born}}", &values());
        assert_eq!(merged, "Dear Maria Costa, {{patient.shoe}} {{ and 03 Feb 1961");
        assert_eq!(unmerged(&merged), ["patient.shoe"]);
    }

    /// What a patient is called is data, also when it looks like a field.
    #[test]
    fn a_value_is_not_merged_again() {
        let values =
            BTreeMap::from([("a".to_owned(), "{{b}}".to_owned()), ("b".to_owned(), "no".to_owned())]);
        assert_eq!(merge("{{a}}", &values), "{{b}}");
    }
}
