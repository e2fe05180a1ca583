//! What was paid; a refund is negative. For a bill, or for none: then the patient is named.

use wattle_domain::PatientId;
use wattle_domain::PaymentId;
use wattle_domain::entities::Payment;
use wattle_domain::fields::PaymentMethod;

use super::invoice_items::bill;
use super::ledger::Bill;
use super::{Base, Convert, names_any};
use crate::convert::{Notes, Outcome, TargetRow, Typed, key_of, reference};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::mapping::{Cells, Mapping, TableMapping};
use crate::raw::RawRow;
use crate::reason::{Code, Reason};
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] =
    &["key", "invoice", "patient", "received_on", "method", "amount", "reference"];
pub(super) const REQUIRED: &[&str] = &["key", "received_on", "amount"];

/// A payment is somebody's: by its bill, or by itself.
pub(super) fn check(mapping: &Mapping, mapped: &TableMapping) -> Result<(), Error> {
    if !names_any(mapped, &["invoice", "patient"]) {
        return Err(mapping.wrong("[payments]: \"invoice\" or \"patient\" must be mapped."));
    }
    if names_any(mapped, &["invoice"]) && mapping.table(SourceTable::Invoices).is_none() {
        return Err(mapping.wrong("[payments] names invoices, and there is no [invoices]."));
    }
    Ok(())
}

pub(super) struct Payments<'a> {
    base: Base<'a>,
    received: DateForms,
}

impl<'a> Payments<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let received = base.bound.forms("received_on");
        Self { base, received }
    }
}

impl Convert for Payments<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let key = key_of(&base.bound, base.census, row)?;
        let cells = base.bound.cells(row);
        let bill = bill(base, cells, &mut notes)?;
        let patient_id = patient(base, cells, bill, &mut notes)?;
        let received_on = base.known_day(cells, "received_on", &self.received)?;
        let amount = base.cents(cells, "amount")?;
        let id = base.around.namespace.record(base.table, &key);
        let payment = Payment {
            id: PaymentId(id),
            invoice_id: bill.map(|bill| bill.id),
            patient_id,
            received_on,
            method: method(base, cells, &mut notes),
            amount_cents: amount.ok_or_else(|| base.refuse("amount", Code::RequiredEmpty))?,
            reference: cells.text("reference"),
            // Only rows that the load itself adds take others back.
            reverses: None,
        };
        Ok(Typed { key, rows: vec![TargetRow::new(id, &payment)], notes: notes.list })
    }
}

/// For whose treatment: as the bill says, where there is one.
fn patient(
    base: &Base<'_>,
    cells: Cells<'_>,
    bill: Option<Bill>,
    notes: &mut Notes<'_>,
) -> Result<PatientId, Reason> {
    let named = reference(cells, "patient", base.around.patients, notes);
    let Some(bill) = bill else {
        let field = if base.bound.place("patient").is_some() { "patient" } else { "invoice" };
        let patient = named.map_err(|code| base.refuse("patient", code))?;
        return patient.map(PatientId).ok_or_else(|| base.refuse(field, Code::RequiredEmpty));
    };
    match named {
        Ok(Some(named)) if named != bill.patient.0 => notes.add(Code::PatientDiffers, "patient"),
        Err(code) => notes.add(code, "patient"),
        Ok(_) => {}
    }
    Ok(bill.patient)
}

/// Money that came in some way that nobody can name came in all the same.
fn method(base: &Base<'_>, cells: Cells<'_>, notes: &mut Notes<'_>) -> PaymentMethod {
    base.word(cells, "method", notes).unwrap_or(PaymentMethod::Other)
}
