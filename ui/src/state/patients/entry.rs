//! What the patient form holds: rows of cells, what was there, what is typed; turned into one command.
//!
//! Must never: refuse what the clinic needs to write down; the checks only say what is odd.

use leptos::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use wattle_domain::attention::FieldChange;
use wattle_domain::commands::{
    EditPatient, FieldEdit, NewAddress, NewContact, NewIdentifier, PatientDetails, PatientParts,
};
use wattle_domain::fields::{AddressKind, BirthDateAccuracy, ContactKind, IdentifierKind, Sex};
use wattle_domain::identifiers::{self, phone, postcode};
use wattle_domain::{AddressId, ClinicDate, ContactId, IdentifierId, PatientId, Rev, TableName};
use wattle_protocol::ipc::patients::PatientRecord;

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
    fn table(self) -> TableName {
        match self {
            Self::Patient => TableName::Patient,
            Self::Contact(_) => TableName::PatientContact,
            Self::Identifier(_) => TableName::PatientIdentifier,
            Self::Address(_) => TableName::Address,
        }
    }

    /// Its columns on the form; the first one decides whether a new row is there at all.
    fn columns(self) -> &'static [&'static str] {
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
    was: StoredValue<Value>,
    shown: StoredValue<String>,
    last: StoredValue<Option<FieldChange>>,
}

impl Cell {
    fn new(part: Part, column: &'static str, was: Value, last: Option<FieldChange>, known: bool) -> Self {
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

    fn filled(self) -> bool {
        self.text.with_untracked(|t| !t.trim().is_empty())
    }

    fn trimmed(self) -> Option<String> {
        let text = self.text.get_untracked().trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn date(self, today: ClinicDate) -> Option<ClinicDate> {
        self.trimmed().and_then(|t| read_date(self.column, &t, today))
    }

    /// What would be written.
    fn now(self, today: ClinicDate) -> Value {
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

/// One row of a table, existing or new.
#[derive(Clone)]
pub(crate) struct RowForm {
    /// What it becomes.
    pub(crate) part: Part,
    row: Option<Uuid>,
    rev: Rev,
    /// Its boxes.
    pub(crate) cells: Vec<Cell>,
}

/// The whole form.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The patient first, then what hangs on them.
    pub(crate) rows: Vec<RowForm>,
}

/// Rows that the form offers even when there are none yet.
const OFFERED: [Part; 13] = [
    Part::Contact(ContactKind::Mobile),
    Part::Contact(ContactKind::Home),
    Part::Contact(ContactKind::Work),
    Part::Contact(ContactKind::Email),
    Part::Contact(ContactKind::NextOfKin),
    Part::Contact(ContactKind::Guardian),
    Part::Identifier(IdentifierKind::Medicare),
    Part::Identifier(IdentifierKind::Dva),
    Part::Identifier(IdentifierKind::Pension),
    Part::Identifier(IdentifierKind::Hcc),
    Part::Identifier(IdentifierKind::Ihi),
    Part::Identifier(IdentifierKind::Private),
    Part::Address(AddressKind::Home),
];

impl Entry {
    /// For somebody new; what was typed in a search is put where it belongs.
    pub(crate) fn new(typed: &str) -> Self {
        let mut rows = vec![empty(Part::Patient)];
        rows.extend(OFFERED.into_iter().map(empty));
        let entry = Self { rows };
        entry.set("sex", Sex::Unknown.as_str());
        entry.set("birth_date_accuracy", BirthDateAccuracy::Exact.as_str());
        let typed = typed.trim();
        if phone::to_e164(typed).is_some() {
            if let Some(cell) = entry.cell(Part::Contact(ContactKind::Mobile), "value") {
                cell.text.set(typed.to_owned());
            }
        } else {
            let (family, given) = typed.split_once([',', ' ']).unwrap_or((typed, ""));
            entry.set("family_name", &capitals(family));
            entry.set("given_name", &capitals(given.trim()));
        }
        entry
    }

    /// Over a record.
    pub(crate) fn of(record: &PatientRecord) -> Self {
        let rev = |id: Uuid| record.revs.get(&id).copied().unwrap_or_default();
        let mut rows = Vec::new();
        let mut add = |part: Part, id: Uuid, row: Value| {
            let changes: Map<String, Value> =
                row.get("field_changes").and_then(Value::as_object).cloned().unwrap_or_default();
            let cells = part.columns().iter().map(|&column| {
                let was = row.get(column).cloned().unwrap_or(Value::Null);
                Cell::new(part, column, was, last_change(&changes, column), true)
            });
            rows.push(RowForm { part, row: Some(id), rev: rev(id), cells: cells.collect() });
        };
        add(Part::Patient, record.patient.id.0, json!(record.patient));
        for c in &record.contacts {
            add(Part::Contact(c.kind), c.id.0, json!(c));
        }
        for i in record.identifiers.iter().filter(|i| i.kind != IdentifierKind::Legacy) {
            add(Part::Identifier(i.kind), i.id.0, json!(i));
        }
        for a in &record.addresses {
            add(Part::Address(a.kind), a.id.0, json!(a));
        }
        for part in OFFERED {
            if !rows.iter().any(|r| r.part == part) {
                rows.push(empty(part));
            }
        }
        Self { rows }
    }

    /// The first box of a part's column.
    pub(crate) fn cell(&self, part: Part, column: &str) -> Option<Cell> {
        self.rows
            .iter()
            .filter(|r| r.part == part)
            .flat_map(|r| &r.cells)
            .find(|c| c.column == column)
            .copied()
    }

    /// The rows of a part.
    pub(crate) fn of_part(&self, part: Part) -> impl Iterator<Item = &RowForm> {
        self.rows.iter().filter(move |r| r.part == part)
    }

    fn set(&self, column: &str, text: &str) {
        if let Some(cell) = self.cell(Part::Patient, column) {
            cell.text.set(text.to_owned());
            cell.shown.set_value(text.to_owned());
        }
    }

    fn text(&self, column: &str) -> Option<String> {
        self.cell(Part::Patient, column).and_then(Cell::trimmed)
    }

    /// Boxes that hold something unreadable.
    pub(crate) fn unreadable(&self, today: ClinicDate) -> Vec<Cell> {
        self.rows.iter().flat_map(|r| &r.cells).filter(|c| c.unreadable(today)).copied().collect()
    }

    /// Something is typed that is not saved.
    pub(crate) fn dirty(&self) -> bool {
        self.rows.iter().flat_map(|r| &r.cells).any(|c| c.changed())
    }

    /// `Costa Maria`, for a reminder.
    pub(crate) fn name(&self) -> String {
        let words = [self.text("family_name"), self.text("given_name")];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The columns of the patient.
    pub(crate) fn details(&self, today: ClinicDate) -> PatientDetails {
        let birth_date = self.cell(Part::Patient, "birth_date").and_then(|c| c.date(today));
        let accuracy = self.text("birth_date_accuracy").and_then(|t| t.parse().ok());
        PatientDetails {
            title: self.text("title"),
            family_name: self.text("family_name").unwrap_or_default(),
            given_name: self.text("given_name"),
            preferred_name: self.text("preferred_name"),
            birth_date,
            birth_date_accuracy: match birth_date {
                None => BirthDateAccuracy::Unknown,
                Some(_) => accuracy.unwrap_or(BirthDateAccuracy::Exact),
            },
            sex: self.text("sex").and_then(|t| t.parse().ok()).unwrap_or(Sex::Unknown),
            gender: self.text("gender"),
            pronouns: self.text("pronouns"),
            indigenous_status: self.text("indigenous_status"),
            interpreter_language: self.text("interpreter_language"),
            usual_practitioner_id: self.text("usual_practitioner_id").and_then(|t| t.parse().ok()),
        }
    }

    /// The rows that are new; the shell gives them their ids.
    pub(crate) fn parts(&self, today: ClinicDate) -> PatientParts {
        let mut parts = PatientParts::default();
        for row in self.rows.iter().filter(|r| r.row.is_none()) {
            let get = |column: &str| row.cells.iter().find(|c| c.column == column).and_then(|c| c.trimmed());
            let date =
                |column: &str| row.cells.iter().find(|c| c.column == column).and_then(|c| c.date(today));
            match row.part {
                Part::Patient => {}
                Part::Contact(kind) => {
                    let (Some(value), name) = (get("value"), get("name")) else { continue };
                    let preferred = kind == ContactKind::Mobile;
                    parts.contacts.push(NewContact {
                        id: ContactId(Uuid::nil()),
                        kind,
                        value,
                        name,
                        note: None,
                        preferred,
                    });
                }
                Part::Identifier(kind) => {
                    let Some(value) = get("value") else { continue };
                    parts.identifiers.push(NewIdentifier {
                        id: IdentifierId(Uuid::nil()),
                        kind,
                        value,
                        reference: get("reference"),
                        expires_on: date("expires_on"),
                    });
                }
                Part::Address(kind) => {
                    let any = row.cells.iter().any(|c| c.filled());
                    if any {
                        parts.addresses.push(NewAddress {
                            id: AddressId(Uuid::nil()),
                            kind,
                            line1: get("line1").unwrap_or_default(),
                            line2: get("line2"),
                            suburb: get("suburb"),
                            state: get("state"),
                            postcode: get("postcode"),
                        });
                    }
                }
            }
        }
        parts
    }

    /// Only what has changed, each with the value that was seen.
    pub(crate) fn edit(&self, patient_id: PatientId, today: ClinicDate) -> EditPatient {
        let mut edits = Vec::new();
        for row in &self.rows {
            let Some(row_id) = row.row else { continue };
            for cell in row.cells.iter().filter(|c| c.changed()) {
                let kept = !cell.filled() && matches!(cell.column, "value" | "line1" | "family_name");
                if kept {
                    continue;
                }
                edits.push(FieldEdit {
                    table: row.part.table(),
                    row_id,
                    field: cell.column.to_owned(),
                    seen_rev: row.rev,
                    was: cell.was.get_value(),
                    now: cell.now(today),
                });
            }
        }
        EditPatient { patient_id, edits, parts: self.parts(today) }
    }
}

/// An entry of a row's `field_changes`.
pub(crate) fn last_change(changes: &Map<String, Value>, field: &str) -> Option<FieldChange> {
    serde_json::from_value(changes.get(field)?.clone()).ok()
}

fn empty(part: Part) -> RowForm {
    let cells = part.columns().iter().map(|&column| Cell::new(part, column, Value::Null, None, false));
    RowForm { part, row: None, rev: Rev(0), cells: cells.collect() }
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

/// `maria luisa` to `Maria Luisa`; what has capitals already stays.
fn capitals(text: &str) -> String {
    if text.chars().any(char::is_uppercase) {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut start = true;
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        start = !c.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> ClinicDate {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn what_was_typed_in_the_search_is_put_where_it_belongs() {
        let owner = Owner::new();
        owner.with(|| {
            let details = Entry::new("costa maria").details(today());
            assert_eq!(
                (details.family_name.as_str(), details.given_name.as_deref()),
                ("Costa", Some("Maria"))
            );
            let parts = Entry::new("0412 345 678").parts(today());
            assert_eq!(parts.contacts.len(), 1);
            assert!(parts.contacts[0].preferred);
        });
    }

    #[test]
    fn an_expiry_of_a_month_is_its_last_day() {
        assert_eq!(read_date("expires_on", "09/2028", today()), Some("2028-09-30".parse().unwrap()));
        assert_eq!(read_date("expires_on", "12/28", today()), Some("2028-12-31".parse().unwrap()));
        assert_eq!(read_date("expires_on", "15/3/2029", today()), Some("2029-03-15".parse().unwrap()));
        assert_eq!(read_date("expires_on", "13/2028", today()), None);
    }

    #[test]
    fn only_what_changed_is_in_the_edit_and_with_what_was_seen() {
        let owner = Owner::new();
        owner.with(|| {
            let record: PatientRecord = serde_json::from_value(json!({
                "patient": {"id": Uuid::from_u128(1), "record_number": "7", "title": null, "family_name": "Costa",
                    "given_name": "Maria", "preferred_name": null, "birth_date": "1961-02-03",
                    "birth_date_accuracy": "exact", "sex": "female", "gender": null, "pronouns": null,
                    "indigenous_status": null, "interpreter_language": null, "deceased_on": null,
                    "usual_practitioner_id": null, "merged_into": null, "field_changes": {}},
                "contacts": [{"id": Uuid::from_u128(2), "patient_id": Uuid::from_u128(1), "kind": "mobile",
                    "value": "+61412345678", "name": null, "note": null, "preferred": true, "field_changes": {}}],
                "identifiers": [], "addresses": [], "alerts": [], "appointments": [],
                "revs": {Uuid::from_u128(2).to_string(): 4}, "pending": [], "names": {}, "updated_by": null, "updated_at": 0
            }))
            .unwrap();
            let entry = Entry::of(&record);
            assert!(!entry.dirty());
            let mobile = entry.cell(Part::Contact(ContactKind::Mobile), "value").unwrap();
            assert_eq!(mobile.text.get_untracked(), "0412 345 678", "shown as people read it");
            mobile.text.set("0412 000 111".into());
            entry.cell(Part::Identifier(IdentifierKind::Medicare), "value").unwrap().text.set("2123 45670 1".into());
            let edit = entry.edit(record.patient.id, today());
            assert_eq!(edit.edits.len(), 1);
            assert_eq!(edit.edits[0].was, json!("+61412345678"), "as stored, not as shown");
            assert_eq!(edit.edits[0].seen_rev, Rev(4));
            assert_eq!(edit.parts.identifiers.len(), 1, "a card that was not there is a new row");
            mobile.text.set(String::new());
            assert!(entry.edit(record.patient.id, today()).edits.is_empty(), "a number is not emptied by accident");
        });
    }
}
