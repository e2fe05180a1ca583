//! Patients with their contacts, addresses, identifiers and alerts.

mod children;

use std::collections::HashSet;

use chrono::NaiveDate;
use wattle_domain::entities::Patient;
use wattle_domain::fields::{BirthDateAccuracy, Sex};
use wattle_domain::{ClinicDate, PatientId, PractitionerId};

use super::{Census, Keys, Notes, Outcome, TargetRow, Typed, key_of, reference};
use crate::error::Error;
use crate::ids::{Namespace, SourceTable};
use crate::mapping::{Bound, Cells, Mapping};
use crate::raw::{RawColumn, RawRow};
use crate::reason::{Code, Reason};
use crate::typing::{Century, DateForms};

const FIELDS: &[&str] = &[
    "key",
    "record_number",
    "title",
    "family_name",
    "given_name",
    "preferred_name",
    "birth_date",
    "sex",
    "gender",
    "pronouns",
    "indigenous_status",
    "interpreter_language",
    "deceased_on",
    "mobile",
    "home_phone",
    "work_phone",
    "email",
    "next_of_kin",
    "next_of_kin_relation",
    "next_of_kin_phone",
    "street",
    "suburb",
    "state",
    "postcode",
    "medicare",
    "medicare_reference",
    "medicare_expiry",
    "ihi",
    "dva",
    "dva_entitlement",
    "pension",
    "usual_practitioner",
    "alerts",
];

/// Converts the records of one file.
#[derive(Debug)]
pub struct Patients<'a> {
    bound: Bound,
    namespace: &'a Namespace,
    practitioners: &'a Keys,
    census: &'a Census,
    exported_on: NaiveDate,
    area_code: String,
    births: DateForms,
    deaths: DateForms,
    expiries: DateForms,
    ihis: HashSet<String>,
    record_numbers: HashSet<String>,
    /// What became of each key.
    pub keys: Keys,
}

/// Ties the mapping to the file's columns.
///
/// # Errors
/// See [`Bound::new`].
pub fn bind(mapping: &Mapping, columns: &[RawColumn]) -> Result<Bound, Error> {
    Bound::new(mapping, &mapping.patients, columns, FIELDS, &["key", "family_name"])
}

impl<'a> Patients<'a> {
    /// Ready for the first record.
    #[must_use]
    pub fn new(
        bound: Bound,
        mapping: &Mapping,
        namespace: &'a Namespace,
        practitioners: &'a Keys,
        census: &'a Census,
    ) -> Self {
        Self {
            births: bound.forms("birth_date"),
            deaths: bound.forms("deceased_on"),
            expiries: bound.forms("medicare_expiry"),
            bound,
            namespace,
            practitioners,
            census,
            exported_on: mapping.clinic.exported_on,
            area_code: mapping.clinic.area_code.clone().unwrap_or_default(),
            ihis: HashSet::new(),
            record_numbers: HashSet::new(),
            keys: Keys::default(),
        }
    }

    /// The next record.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn convert(&mut self, row: &RawRow) -> Outcome {
        let outcome = self.typed(row);
        match (&outcome, self.bound.cells(row).text("key")) {
            (Ok(typed), Some(key)) => {
                self.keys.loaded(&key, self.namespace.record(SourceTable::Patients, &typed.key))
            }
            (Err(_), Some(key)) => self.keys.rejected(&key),
            _ => {}
        }
        outcome
    }

    fn typed(&mut self, row: &RawRow) -> Outcome {
        let key = key_of(&self.bound, self.census, row)?;
        let cells = self.bound.cells(row);
        let birth_date = self.day(cells, "birth_date", &self.births)?;
        let deceased_on = self.day(cells, "deceased_on", &self.deaths)?;
        let mut notes = Notes::new(&self.bound);
        let (family_name, given_name) = match (cells.text("family_name"), cells.text("given_name")) {
            (Some(family), given) => (family, given),
            (None, Some(only)) => {
                notes.add(Code::SingleName, "family_name");
                (only, None)
            }
            (None, None) => return Err(Reason::new(Code::RequiredEmpty, self.bound.column("family_name"))),
        };
        let usual = reference(cells, "usual_practitioner", self.practitioners, &mut notes);
        let usual = notes.optional("usual_practitioner", usual.transpose());
        let word = |field: &str| {
            cells.raw(field).map(|theirs| self.bound.word(field, theirs).ok_or(Code::ValueUnknown))
        };
        let sex = word("sex")
            .map(|found| found.and_then(|ours| ours.parse::<Sex>().map_err(|_| Code::ValueUnknown)));
        let indigenous = word("indigenous_status").map(|found| found.map(str::to_owned));
        // Unique per clinic: the second one waits without a number, and is noted.
        let number = cells
            .text("record_number")
            .map(|n| if self.record_numbers.insert(n.clone()) { Ok(n) } else { Err(Code::IdentifierTaken) });
        let id = self.namespace.record(SourceTable::Patients, &key);
        let patient = Patient {
            id: PatientId(id),
            record_number: notes.optional("record_number", number),
            title: cells.text("title"),
            family_name,
            given_name,
            preferred_name: cells.text("preferred_name"),
            birth_date: birth_date.map(ClinicDate),
            birth_date_accuracy: match birth_date {
                Some(_) => BirthDateAccuracy::Exact,
                None => BirthDateAccuracy::Unknown,
            },
            sex: notes.optional("sex", sex).unwrap_or(Sex::Unknown),
            gender: cells.text("gender"),
            pronouns: cells.text("pronouns"),
            indigenous_status: notes.optional("indigenous_status", indigenous),
            interpreter_language: cells.text("interpreter_language"),
            deceased_on: deceased_on.map(ClinicDate),
            usual_practitioner_id: usual.map(PractitionerId),
            merged_into: None,
            field_changes: serde_json::Map::new(),
        };
        let mut rows = vec![TargetRow::new(id, &patient)];
        let mut children =
            children::Children { patient: PatientId(id), cells, notes: &mut notes, rows: &mut rows };
        children.contacts(&self.area_code);
        children.address();
        children.identifiers(&self.expiries, self.exported_on, &mut self.ihis);
        children.alerts();
        Ok(Typed { key, rows, notes: notes.list })
    }

    /// A birth or a death: what cannot be read is no matter to guess at, so the record waits for a person.
    fn day(&self, cells: Cells<'_>, field: &str, forms: &DateForms) -> Result<Option<NaiveDate>, Reason> {
        let Some(theirs) = cells.raw(field) else { return Ok(None) };
        let refuse = |code: Code| Reason::new(code, self.bound.column(field));
        match forms.read(theirs, self.exported_on, Century::Birth) {
            Ok(day) if day > self.exported_on => Err(refuse(Code::DateFuture)),
            Ok(day) => Ok(Some(day)),
            Err(code) => Err(refuse(code)),
        }
    }
}
