//! Columns counted and summed on both sides by SQL, so that the converters are not their own witness.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, TableName};

use super::expected::Staged;
use crate::error::Error;
use crate::ids::SourceTable;
use crate::load::last_run::Used;
use crate::load::witness::{self, Number};
use crate::reason::Code;

/// One column on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Our name of the export.
    pub table: &'static str,
    /// The field of ours.
    pub field: &'static str,
    /// FileMaker's name of it.
    pub column: String,
    /// `filled`, `sum` or `cents`.
    pub what: &'static str,
    /// In FileMaker, of all records that were read: what a report of FileMaker's own says.
    pub there: i64,
    /// Of it in records that are on the list.
    pub listed: i64,
    /// Fields with something in them that no sum holds: words where a number belongs.
    pub unreadable: i64,
    /// Of the others left out with a note.
    pub left_out: i64,
    /// In Wattle.
    pub here: i64,
    /// People have worked on such rows in Wattle since: a difference proves nothing.
    pub worked_on: bool,
}

impl Sum {
    /// Whether both sides agree, or cannot be expected to.
    #[must_use]
    pub fn good(&self) -> bool {
        self.worked_on || self.there - self.listed - self.left_out == self.here
    }
}

type Line = (SourceTable, &'static str, TableName, &'static str, &'static str);

/// Of names the given one: a family name stands in every row. Not what words translate into, which may be "not known" of ours.
/// `cents`: money, in dollars there and in cents here. Not of what only grows, notes and letters for example: what FileMaker forgets stays here, and the sums part by that.
/// Of payments all the same: what changed or went is taken back by rows of their own, so that the money agrees.
const LINES: &[Line] = &[
    (SourceTable::Practitioners, "key", TableName::Practitioner, "filled", "count(*)"),
    (SourceTable::Practitioners, "ahpra_number", TableName::Practitioner, "filled", "count(ahpra_number)"),
    (
        SourceTable::Practitioners,
        "prescriber_number",
        TableName::Practitioner,
        "filled",
        "count(prescriber_number)",
    ),
    (SourceTable::Patients, "key", TableName::Patient, "filled", "count(*)"),
    (SourceTable::Patients, "record_number", TableName::Patient, "filled", "count(record_number)"),
    (SourceTable::Patients, "title", TableName::Patient, "filled", "count(title)"),
    (SourceTable::Patients, "given_name", TableName::Patient, "filled", "count(given_name)"),
    (SourceTable::Patients, "preferred_name", TableName::Patient, "filled", "count(preferred_name)"),
    (SourceTable::Patients, "birth_date", TableName::Patient, "filled", "count(birth_date)"),
    (SourceTable::Patients, "deceased_on", TableName::Patient, "filled", "count(deceased_on)"),
    (SourceTable::Patients, "gender", TableName::Patient, "filled", "count(gender)"),
    (SourceTable::Patients, "pronouns", TableName::Patient, "filled", "count(pronouns)"),
    (
        SourceTable::Patients,
        "interpreter_language",
        TableName::Patient,
        "filled",
        "count(interpreter_language)",
    ),
    (SourceTable::Patients, "indigenous_status", TableName::Patient, "filled", "count(indigenous_status)"),
    (
        SourceTable::Patients,
        "usual_practitioner",
        TableName::Patient,
        "filled",
        "count(usual_practitioner_id)",
    ),
    (
        SourceTable::Patients,
        "mobile",
        TableName::PatientContact,
        "filled",
        "count(*) FILTER (WHERE kind = 'mobile')",
    ),
    (
        SourceTable::Patients,
        "home_phone",
        TableName::PatientContact,
        "filled",
        "count(*) FILTER (WHERE kind = 'home')",
    ),
    (
        SourceTable::Patients,
        "work_phone",
        TableName::PatientContact,
        "filled",
        "count(*) FILTER (WHERE kind = 'work')",
    ),
    (
        SourceTable::Patients,
        "email",
        TableName::PatientContact,
        "filled",
        "count(*) FILTER (WHERE kind = 'email')",
    ),
    (
        SourceTable::Patients,
        "next_of_kin",
        TableName::PatientContact,
        "filled",
        "count(name) FILTER (WHERE kind = 'next_of_kin')",
    ),
    (
        SourceTable::Patients,
        "next_of_kin_phone",
        TableName::PatientContact,
        "filled",
        "count(nullif(value, '')) FILTER (WHERE kind = 'next_of_kin')",
    ),
    (SourceTable::Patients, "street", TableName::Address, "filled", "count(nullif(line1, ''))"),
    (SourceTable::Patients, "suburb", TableName::Address, "filled", "count(suburb)"),
    (SourceTable::Patients, "state", TableName::Address, "filled", "count(state)"),
    (SourceTable::Patients, "postcode", TableName::Address, "filled", "count(postcode)"),
    (
        SourceTable::Patients,
        "medicare",
        TableName::PatientIdentifier,
        "filled",
        "count(*) FILTER (WHERE kind = 'medicare')",
    ),
    (
        SourceTable::Patients,
        "ihi",
        TableName::PatientIdentifier,
        "filled",
        "count(*) FILTER (WHERE kind = 'ihi')",
    ),
    (
        SourceTable::Patients,
        "dva",
        TableName::PatientIdentifier,
        "filled",
        "count(*) FILTER (WHERE kind = 'dva')",
    ),
    (
        SourceTable::Patients,
        "pension",
        TableName::PatientIdentifier,
        "filled",
        "count(*) FILTER (WHERE kind = 'pension')",
    ),
    (SourceTable::Appointments, "key", TableName::Appointment, "filled", "count(*)"),
    (
        SourceTable::Appointments,
        "minutes",
        TableName::Appointment,
        "sum",
        "sum(extract(epoch FROM end_at - start_at) / 60)",
    ),
    (SourceTable::Appointments, "room", TableName::Appointment, "filled", "count(room_id)"),
    (SourceTable::Appointments, "note", TableName::Appointment, "filled", "count(note)"),
    (SourceTable::Appointments, "started_at", TableName::Appointment, "filled", "count(started_at)"),
    (SourceTable::Appointments, "finished_at", TableName::Appointment, "filled", "count(finished_at)"),
    (SourceTable::Medicines, "text", TableName::Medication, "filled", "count(*)"),
    (SourceTable::Medicines, "directions", TableName::Medication, "filled", "count(directions)"),
    (SourceTable::Medicines, "quantity", TableName::Medication, "sum", "sum(quantity)"),
    (SourceTable::Medicines, "started_on", TableName::Medication, "filled", "count(started_on)"),
    (SourceTable::Recalls, "due_on", TableName::Recall, "filled", "count(due_on)"),
    (SourceTable::Recalls, "reason", TableName::Recall, "filled", "count(*)"),
    (SourceTable::Recalls, "comment", TableName::Recall, "filled", "count(comment)"),
    (SourceTable::Recalls, "practitioner", TableName::Recall, "filled", "count(practitioner_id)"),
    (SourceTable::Invoices, "key", TableName::Invoice, "filled", "count(*)"),
    (SourceTable::InvoiceItems, "key", TableName::InvoiceItem, "filled", "count(*)"),
    (SourceTable::InvoiceItems, "fee", TableName::InvoiceItem, "cents", "sum(fee_cents)"),
    (SourceTable::InvoiceItems, "gst", TableName::InvoiceItem, "cents", "sum(gst_cents)"),
    (SourceTable::Payments, "amount", TableName::Payment, "cents", "sum(amount_cents)"),
];

/// Every column that the mapping names and that stands alone on both sides.
pub(super) async fn sums(
    connection: &mut PgConnection,
    clinic: ClinicId,
    run: Uuid,
    used: &[Used],
    staged: &Staged,
) -> Result<Vec<Sum>, Error> {
    let mut sums = Vec::new();
    for &(source, field, target, what, expression) in LINES {
        let Some(from) = used.iter().find(|u| u.table == source) else { continue };
        let Some(bound) = staged.bound(source) else { continue };
        let Some((column, repetition)) = bound.place(field) else { continue };
        let cell = witness::Cell { column, repetition };
        let number = match what {
            "sum" => Number::Whole,
            "cents" => Number::Cents,
            _ => Number::No,
        };
        let found = witness::staged(connection, (run, from.source, source.as_str()), cell, number).await?;
        let (there, listed, unreadable) = match number {
            Number::No => (found.filled, found.filled_listed, 0),
            _ => (found.sum_come + found.sum_listed, found.sum_listed, found.unreadable),
        };
        let column = bound.column(field).to_owned();
        let left_out = match what {
            // Where there is no other name it stands as family name.
            "filled" if field == "given_name" => {
                let family = bound.column("family_name");
                let alone =
                    witness::noted(connection, (run, source.as_str()), family, Code::SingleName).await?;
                alone + witness::left_out(connection, (run, source.as_str()), &column).await?
            }
            "filled" => witness::left_out(connection, (run, source.as_str()), &column).await?,
            _ => 0,
        };
        let here = witness::target(connection, clinic, target.table(), expression).await?;
        let worked_on = witness::worked_on(connection, clinic, target.table()).await? > 0;
        let table = source.as_str();
        sums.push(Sum { table, field, column, what, there, listed, unreadable, left_out, here, worked_on });
    }
    Ok(sums)
}
