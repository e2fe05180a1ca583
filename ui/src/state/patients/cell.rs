//! One box of the patient form: what was there, what is typed, what is odd about it.
//!
//! Must never: refuse what the clinic needs to write down; the checks only say what is odd.

use leptos::prelude::*;
use serde_json::{Map, Value, json};
use wattle_domain::attention::FieldChange;
use wattle_domain::fields::{AddressKind, ContactKind, IdentifierKind};
use wattle_domain::identifiers::{self, phone, postcode};
use wattle_domain::{ClinicDate, TableName};

use crate::{birth_date, show, words};

/// What a row of the form becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The patient.
    Patient,
    /// A phone, email or person to call.
    Contact(ContactKind),
    /// A card.
    Identifier(IdentifierKind),
    /// An address.
    Address(AddressKind),
}

impl Part {
    pub(super) fn table(self) -> TableName {
        match self {
            Self::Patient => TableName::Patient,
            Self::Contact(_) => TableName::PatientContact,
            Self::Identifier(_) => TableName::PatientIdentifier,
            Self::Address(_) => TableName::Address,
        }
    }

    /// Its columns on the form; the first one decides whether a new row is there at all.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Patient => &[
                "family_name",
                "given_name",
                "preferred_name",
                "birth_date",
                "sex",
                "title",
                "birth_date_accuracy",
                "gender",
                "pronouns",
                "indigenous_status",
                "interpreter_language",
                "usual_practitioner_id",
            ],
            Self::Contact(ContactKind::NextOfKin | ContactKind::Guardian) => &["value", "name"],
            Self::Contact(_) => &["value"],
            Self::Identifier(IdentifierKind::Medicare) => &["value", "reference", "expires_on"],
            Self::Identifier(IdentifierKind::Dva) => &["value", "reference"],
            Self::Identifier(IdentifierKind::Pension | IdentifierKind::Hcc) => &["value", "expires_on"],
            Self::Identifier(_) => &["value"],
            Self::Address(_) => &["line1", "line2", "suburb", "state", "postcode"],
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Patient => "",
            Self::Contact(k) => k.as_str(),
            Self::Identifier(k) => k.as_str(),
            Self::Address(AddressKind::Home) => "",
            Self::Address(AddressKind::Postal) => "postal",
        }
    }
}

/// One box.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    /// Of what.
    pub(crate) part: Part,
    /// Its column.
    pub(crate) column: &'static str,
    /// What is typed.
    pub(crate) text: RwSignal<String>,
    /// It has been left once: it may say what is odd.
    pub(crate) left: RwSignal<bool>,
    /// The row exists.
    pub(crate) known: bool,
    pub(super) was: StoredValue<Value>,
    pub(super) shown: StoredValue<String>,
    last: StoredValue<Option<FieldChange>>,
}

impl Cell {
    pub(super) fn new(
        part: Part,
        column: &'static str,
        was: Value,
        last: Option<FieldChange>,
        known: bool,
    ) -> Self {
        let shown = shown(part, column, &was);
        Self {
            part,
            column,
            text: RwSignal::new(shown.clone()),
            left: RwSignal::new(false),
            known,
            was: StoredValue::new(was),
            shown: StoredValue::new(shown),
            last: StoredValue::new(last),
        }
    }

    /// Its label.
    pub(crate) fn label(self) -> &'static str {
        match (self.part, self.column) {
            (Part::Contact(ContactKind::NextOfKin), "value") => "Next of kin, phone",
            (Part::Contact(ContactKind::NextOfKin), "name") => "Next of kin, name",
            (Part::Contact(ContactKind::Guardian), "value") => "Guardian, phone",
            (Part::Contact(ContactKind::Guardian), "name") => "Guardian, name",
            (Part::Contact(kind), "value") => words::contact(kind),
            (Part::Identifier(kind), "value") => words::identifier(kind),
            (Part::Identifier(IdentifierKind::Dva), "reference") => "Entitlement",
            (_, column) => words::field(column),
        }
    }

    /// `patient-form-family_name`, `patient-form-mobile`, `patient-form-medicare-expires_on`.
    pub(crate) fn test_id(self) -> String {
        let words = match (self.part.word(), self.column) {
            ("", column) => column.to_owned(),
            (word, "value") => word.to_owned(),
            (word, column) => format!("{word}-{column}"),
        };
        format!("patient-form-{words}")
    }

    /// Who changed it last.
    pub(crate) fn last_change(self) -> Option<FieldChange> {
        self.last.get_value()
    }

    /// Something else is typed than was there.
    pub(crate) fn changed(self) -> bool {
        self.text.with_untracked(|t| self.shown.with_value(|s| t.trim() != s))
    }

    pub(super) fn filled(self) -> bool {
        self.text.with_untracked(|t| !t.trim().is_empty())
    }

    pub(super) fn trimmed(self) -> Option<String> {
        let text = self.text.get_untracked().trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn date(self, today: ClinicDate) -> Option<ClinicDate> {
        self.trimmed().and_then(|t| read_date(self.column, &t, today))
    }

    /// What would be written.
    pub(super) fn now(self, today: ClinicDate) -> Value {
        match self.column {
            "birth_date" | "expires_on" => self.date(today).map_or(Value::Null, |d| json!(d)),
            _ => self.trimmed().map_or(Value::Null, Value::String),
        }
    }

    /// What is odd about what is typed; empty when nothing is. Reads the text reactively.
    pub(crate) fn odd(self, today: ClinicDate) -> String {
        let text = self.text.get();
        let text = text.trim();
        if text.is_empty() {
            return self.must_stay();
        }
        match (self.part, self.column) {
            (_, "birth_date") => birth_date::odd(text, today),
            (_, "expires_on") => match read_date("expires_on", text, today) {
                None => {
                    "This is not read as a date. Write month and year: 09/2028. It is not saved like this."
                        .into()
                }
                Some(day) if day < today => "This card is past its date. Ask for the new one.".into(),
                Some(_) => String::new(),
            },
            (Part::Identifier(kind), "value") => {
                let cleaned = identifiers::clean(kind, text);
                identifiers::check(kind, &cleaned).err().map(|odd| words::odd(kind, odd)).unwrap_or_default()
            }
            (Part::Contact(ContactKind::Email), "value") => {
                let fits = text.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.'));
                if fits {
                    String::new()
                } else {
                    "This is not read as an email address. It is kept as it is.".into()
                }
            }
            (Part::Contact(_), "value") if phone::to_e164(text).is_none() => {
                "This is not read as a phone number; is the area code there? It is kept as it is.".into()
            }
            (_, "postcode") if postcode::check(text).is_err() => {
                "A postcode has four digits. It is kept as it is.".into()
            }
            _ => String::new(),
        }
    }

    /// Values that a row cannot do without.
    fn must_stay(self) -> String {
        if self.column == "family_name" {
            "A name is needed, if only one.".into()
        } else if self.known && matches!(self.column, "value" | "line1") {
            "What is on file can be replaced, but not emptied yet. Leaving it empty changes nothing.".into()
        } else {
            String::new()
        }
    }

    /// It holds something that cannot be written at all.
    pub(crate) fn unreadable(self, today: ClinicDate) -> bool {
        matches!(self.column, "birth_date" | "expires_on") && self.filled() && self.date(today).is_none()
    }
}

/// An entry of a row's `field_changes`.
pub(crate) fn last_change(changes: &Map<String, Value>, field: &str) -> Option<FieldChange> {
    serde_json::from_value(changes.get(field)?.clone()).ok()
}

/// A stored value as it stands in its box.
fn shown(part: Part, column: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => return String::new(),
        other => other.to_string(),
    };
    match (part, column) {
        (Part::Contact(ContactKind::Email), _) => text,
        (Part::Contact(_), "value") => show::tel(&text),
        (Part::Identifier(kind), "value") => show::identifier(kind.as_str(), &text),
        (_, "birth_date") => text.parse::<ClinicDate>().map_or(text, |d| d.birth()),
        (_, "expires_on") => text.parse::<ClinicDate>().map_or(text, |d| d.0.format("%d/%m/%Y").to_string()),
        _ => text,
    }
}

/// A birth date, or an expiry (`09/2028` is the last day of that month).
fn read_date(column: &str, text: &str, today: ClinicDate) -> Option<ClinicDate> {
    if column == "birth_date" {
        return birth_date::parse(text, today);
    }
    let (month, year) =
        match text.split(['/', '-', ' ']).filter(|p| !p.is_empty()).collect::<Vec<_>>().as_slice() {
            [m, y] => (m.parse::<i32>().ok()?, y.parse::<i32>().ok()?),
            _ => return birth_date_like(text, today),
        };
    let year = if year < 100 { 2000 + year } else { year };
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first_of_next: ClinicDate = format!("{next_year:04}-{next_month:02}-01").parse().ok()?;
    (1..=12).contains(&month).then(|| first_of_next.plus_days(-1))
}

/// Day, month and year; two digits of the year are of this century, for a card that ends in the future.
fn birth_date_like(text: &str, today: ClinicDate) -> Option<ClinicDate> {
    birth_date::parse(text, today.plus_days(36_500 / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> ClinicDate {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn an_expiry_of_a_month_is_its_last_day() {
        assert_eq!(read_date("expires_on", "09/2028", today()), Some("2028-09-30".parse().unwrap()));
        assert_eq!(read_date("expires_on", "12/28", today()), Some("2028-12-31".parse().unwrap()));
        assert_eq!(read_date("expires_on", "15/3/2029", today()), Some("2029-03-15".parse().unwrap()));
        assert_eq!(read_date("expires_on", "13/2028", today()), None);
    }
}
