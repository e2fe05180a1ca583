//! What must hold at the server whatever happens, looked at from outside the code that decides.

use serde_json::json;
use wattle_domain::attention::keeps_conflicts;
use wattle_domain::entities::{Appointment, Conflict};
use wattle_domain::schedule::overlap;
use wattle_domain::{Command, Entity, Envelope, TableName};

use super::Server;
use super::database::ClinicData;
use super::transaction::Transaction;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which check.
    pub check: &'static str,
    /// What it saw.
    pub what: String,
}

impl Wrong {
    /// A check and what it saw.
    #[must_use]
    pub fn new(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, what: what.into() }
    }
}

/// An edit that met another value keeps both, and the later receipt is what the row has.
pub fn check_edit(
    data: &ClinicData,
    before: &Transaction,
    after: &Transaction,
    envelope: &Envelope,
) -> Option<Wrong> {
    let edits = match &envelope.command {
        Command::EditPatient(edit) => &edit.edits,
        Command::EditEntry(edit) => &edit.edits,
        Command::EditRecall(edit) => &edit.edits,
        Command::EditDocument(edit) => &edit.edits,
        _ => return None,
    };
    for edit in edits {
        let key = (edit.table, edit.row_id);
        let (Some(was), Some(is)) = (before.row(data, key), after.row(data, key)) else { continue };
        let (current, now) = (was.field(&edit.field), is.field(&edit.field));
        if now != &edit.now {
            let what = format!("{} of {} is not what came last", edit.field, edit.row_id);
            return Some(Wrong::new("the later receipt wins", what));
        }
        if current == &edit.was || current == &edit.now {
            continue;
        }
        let kept = after.rows.iter().filter(|(key, _)| keeps_conflicts(key.0)).any(|(_, row)| {
            row.as_ref().is_some_and(|row| {
                row.read::<Conflict>().is_ok_and(|c| {
                    c.command_id == envelope.id
                        && (c.row_id, &c.field) == (edit.row_id, &edit.field)
                        && (&c.other_value, &c.kept_value) == (current, &edit.now)
                })
            })
        });
        if !kept {
            let what = format!("{} of {} was overwritten unseen", edit.field, edit.row_id);
            return Some(Wrong::new("conflicts are never silent", what));
        }
    }
    None
}

/// No two active appointments of a practitioner overlap, unless marked.
#[must_use]
pub fn check_book(data: &ClinicData) -> Option<Wrong> {
    let mut book: Vec<Appointment> = data
        .of(TableName::Appointment)
        .filter(|row| row.attribution.deleted_at.is_none())
        .filter_map(|row| Appointment::from_row(row).ok())
        .filter(|a| a.status.occupies() && !a.double_booking)
        .collect();
    book.sort_by_key(|a| (a.practitioner_id, a.start_at));
    for pair in book.windows(2) {
        let [a, b] = pair else { continue };
        if a.practitioner_id == b.practitioner_id && overlap((a.start_at, a.end_at), (b.start_at, b.end_at)) {
            return Some(Wrong::new("no two active bookings overlap", format!("{} and {}", a.id, b.id)));
        }
    }
    None
}

/// A transaction changes nothing, and takes nothing away, in tables that only grow.
#[must_use]
pub fn check_growth(data: &ClinicData, transaction: &Transaction) -> Option<Wrong> {
    let mut only_grow = transaction.rows.iter().filter(|(key, _)| key.0.table().append_only);
    only_grow.find_map(|(key, after)| {
        let before = data.rows.get(key)?;
        (after.as_ref() != Some(before)).then(|| {
            let what = format!("{} of {} was changed or taken away", key.1, key.0.as_str());
            Wrong::new("tables that only grow only grow", what)
        })
    })
}

impl Server {
    /// Each command was applied at most once, and no two bookings overlap.
    pub fn check(&mut self) {
        let mut wrong = Vec::new();
        for data in &self.database.clinics {
            wrong.extend(check_book(data));
            for (command, times) in &data.applied {
                if *times > 1 {
                    wrong.push(Wrong::new(
                        "each command is applied at most once",
                        format!("{command}: {times} times"),
                    ));
                }
            }
            // Every entry of the audit log that tells of a written command is of its own command.
            let mut seen = std::collections::BTreeSet::new();
            for row in data.of(TableName::AuditEvent) {
                let done =
                    ["applied", "merged", "conflict"].iter().any(|o| row.field("outcome") == &json!(o));
                if done && !seen.insert(row.field("command_id").to_string()) {
                    wrong.push(Wrong::new(
                        "each command is applied at most once",
                        "two entries in the audit log",
                    ));
                }
            }
        }
        self.wrong.extend(wrong);
    }
}
