//! What the patient form holds: rows of cells, what was there, what is typed; turned into one command.
//!
//! Must never: refuse what the clinic needs to write down; the checks only say what is odd.

use leptos::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use wattle_domain::commands::{
    EditPatient, FieldEdit, NewAddress, NewContact, NewIdentifier, PatientDetails, PatientParts,
};
use wattle_domain::fields::{AddressKind, BirthDateAccuracy, ContactKind, IdentifierKind, Sex};
use wattle_domain::identifiers::phone;
use wattle_domain::{AddressId, ClinicDate, ContactId, IdentifierId, PatientId, Rev};
use wattle_protocol::ipc::patients::PatientRecord;

use super::cell::{Cell, Part, last_change};

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

fn empty(part: Part) -> RowForm {
    let cells = part.columns().iter().map(|&column| Cell::new(part, column, Value::Null, None, false));
    RowForm { part, row: None, rev: Rev(0), cells: cells.collect() }
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
