//! Other writers: an importer, or somebody with psql. Their transactions are long and cross those of the desks.

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::fields::{AlertPlace, AlertSeverity, BirthDateAccuracy, ContactKind, Sex};
use wattle_domain::{FeedClass, Fields, Row, RowChange, TableName, UtcInstant};

use super::Server;
use super::database::Key;
use super::transaction::Transaction;
use crate::canary::word;
use crate::random::Random;

/// A transaction that has begun.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its number.
    pub number: u64,
    /// What it wrote so far.
    pub transaction: Transaction,
}

impl Import {
    /// Whether it has locked any of these rows.
    #[must_use]
    pub fn holds(&self, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.transaction.rows.contains_key(key))
    }
}

/// A patient as an importer writes it.
#[must_use]
pub fn patient(id: Uuid, clinic: usize, number: u64, random: &mut Random) -> RowChange {
    let name = word(clinic, FeedClass::Front, &format!("n{}", random.below(40)));
    let patient = wattle_domain::entities::Patient {
        id: id.into(),
        record_number: Some(format!("P{number:05}")),
        title: None,
        family_name: name,
        given_name: Some(
            ["Maria", "Sean", "Linh", "Ada"][usize::try_from(random.below(4)).unwrap_or(0)].into(),
        ),
        preferred_name: None,
        birth_date: "1961-02-03".parse().ok(),
        birth_date_accuracy: BirthDateAccuracy::Exact,
        sex: Sex::Unknown,
        gender: None,
        pronouns: None,
        indigenous_status: None,
        interpreter_language: None,
        deceased_on: None,
        usual_practitioner_id: None,
        merged_into: None,
        field_changes: serde_json::Map::new(),
    };
    RowChange::insert(id, &patient)
}

/// A contact as an importer writes it.
#[must_use]
pub fn contact(id: Uuid, patient: Uuid, clinic: usize, random: &mut Random) -> RowChange {
    let contact = wattle_domain::entities::PatientContact {
        id: id.into(),
        patient_id: patient.into(),
        kind: ContactKind::Email,
        value: format!("{}@example.org", word(clinic, FeedClass::Front, &format!("c{}", random.below(1000)))),
        name: None,
        note: None,
        preferred: random.chance(500),
        field_changes: serde_json::Map::new(),
    };
    RowChange::insert(id, &contact)
}

fn alert(id: Uuid, patient: Uuid, clinic: usize) -> RowChange {
    let alert = wattle_domain::entities::Alert {
        id: id.into(),
        patient_id: patient.into(),
        severity: AlertSeverity::Warning,
        text: word(clinic, FeedClass::Front, "alert"),
        place: AlertPlace::Booking,
        expires_on: None,
    };
    RowChange::insert(id, &alert)
}

impl Server {
    /// Begins a transaction.
    pub fn import_begins(&mut self, number: u64, clinic: usize) {
        let transaction = Transaction::begin(clinic, self.now, None, None);
        self.imports.push(Import { number, transaction });
    }

    /// Writes a few rows in it.
    pub fn import_writes(&mut self, number: u64, random: &mut Random) {
        let Some(at) = self.imports.iter().position(|i| i.number == number) else { return };
        let mut import = self.imports.remove(at);
        for _ in 0..random.between(1, 4) {
            self.one_import(&mut import.transaction, random);
        }
        self.draw_early(&mut import.transaction);
        self.imports.push(import);
    }

    /// Ends it.
    pub fn import_ends(&mut self, number: u64, commit: bool) {
        let Some(at) = self.imports.iter().position(|i| i.number == number) else { return };
        let import = self.imports.remove(at);
        if commit {
            self.commit(import.transaction);
        }
    }

    /// A row that no other open transaction has locked.
    fn free_row(&self, tx: &Transaction, table: TableName, random: &mut Random) -> Option<Row> {
        let data = self.database.clinic(tx.clinic);
        let rows: Vec<&Row> = data.of(table).map(|r| &**r).collect();
        let row = random.pick(&rows)?;
        let key = (table, row.id);
        let locked = self.imports.iter().any(|i| i.transaction.clinic == tx.clinic && i.holds(&[key]));
        (!locked).then(|| tx.row(data, key).map(|row| Row::clone(row))).flatten()
    }

    fn one_import(&mut self, tx: &mut Transaction, random: &mut Random) {
        let clinic = tx.clinic;
        let what = random.below(9);
        let row = |server: &Self, table, random: &mut Random| server.free_row(tx, table, random);
        let change = match what {
            0 | 1 => {
                let next = tx.next_record.unwrap_or(self.database.clinic(clinic).next_record);
                tx.next_record = Some(next + 1);
                Some(patient(random.id(), clinic, next, random))
            }
            2 => row(self, TableName::Patient, random).map(|p| contact(random.id(), p.id, clinic, random)),
            3 => row(self, TableName::Patient, random).map(|p| alert(random.id(), p.id, clinic)),
            4 => row(self, TableName::Patient, random).map(|p| {
                let set = fields(
                    "preferred_name",
                    json!(word(clinic, FeedClass::Front, &format!("p{}", random.below(99)))),
                );
                RowChange::update(TableName::Patient, &p, set)
            }),
            5 => row(self, TableName::PatientContact, random).map(|c| {
                // A column of a newer schema, which older apps keep without knowing it.
                RowChange::update(
                    TableName::PatientContact,
                    &c,
                    fields("newer_column", json!(random.below(99))),
                )
            }),
            6 => row(self, TableName::AppointmentType, random).map(|t| {
                RowChange::update(TableName::AppointmentType, &t, fields("sort", json!(random.below(99))))
            }),
            _ => {
                // Rows that nothing hangs on are deleted for good, as somebody with psql may.
                let table = *random
                    .pick(&[TableName::PatientContact, TableName::Alert, TableName::PractitionerLocation])
                    .unwrap_or(&TableName::Alert);
                if let Some(row) = row(self, table, random) {
                    tx.put((table, row.id), None);
                }
                None
            }
        };
        if let Some(change) = change {
            // What the schema refuses fails alone.
            let _ = tx.write(self.database.clinic(clinic), &change);
        }
    }
}

fn fields(name: &str, value: Value) -> Fields {
    let mut fields = Fields::new();
    fields.insert(name.to_owned(), value);
    fields
}

/// The instant a clinic's book begins at: Monday 23 November 2026, 9 am in Sydney.
pub const NINE: UtcInstant = UtcInstant(1_795_384_800_000);
