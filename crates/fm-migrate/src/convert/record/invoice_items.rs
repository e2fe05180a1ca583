//! What was billed. A line is its bill's patient's, and without its bill it is nobody's.

use wattle_domain::entities::InvoiceItem;
use wattle_domain::{ClinicDate, InvoiceItemId};

use super::ledger::Bill;
use super::{Base, Convert};
use crate::convert::{Notes, Outcome, TargetRow, Typed, key_of};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::mapping::{Cells, Mapping};
use crate::raw::RawRow;
use crate::reason::{Code, Reason};
use crate::typing::{DateForms, number};

pub(super) const FIELDS: &[&str] =
    &["key", "invoice", "service_on", "mbs_item", "description", "quantity", "fee", "gst"];
pub(super) const REQUIRED: &[&str] = &["key", "invoice", "fee"];

/// Lines without bills would all be orphans.
pub(super) fn check(mapping: &Mapping) -> Result<(), Error> {
    match mapping.table(SourceTable::Invoices) {
        Some(_) => Ok(()),
        None => Err(mapping.wrong("[invoice_items] needs [invoices]: each line is on a bill.")),
    }
}

pub(super) struct InvoiceItems<'a> {
    base: Base<'a>,
    served: DateForms,
}

impl<'a> InvoiceItems<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let served = base.bound.forms("service_on");
        Self { base, served }
    }
}

impl Convert for InvoiceItems<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let base = &self.base;
        let mut notes = Notes::new(&base.bound);
        let key = key_of(&base.bound, base.census, row)?;
        let cells = base.bound.cells(row);
        let bill = bill(base, cells, &mut notes)?;
        let bill = bill.ok_or_else(|| base.refuse("invoice", Code::RequiredEmpty))?;
        let fee_cents = base.cents(cells, "fee")?.ok_or_else(|| base.refuse("fee", Code::RequiredEmpty))?;
        let gst_cents = base.cents(cells, "gst")?.unwrap_or(0);
        // GST is a part of the fee.
        if !(fee_cents.min(0)..=fee_cents.max(0)).contains(&gst_cents) {
            return Err(base.refuse("gst", Code::ValueRange));
        }
        let id = base.around.namespace.record(base.table, &key);
        let mbs_item = cells.text("mbs_item").map(|item| item.replace('\n', " "));
        let item = InvoiceItem {
            id: InvoiceItemId(id),
            invoice_id: bill.id,
            patient_id: bill.patient,
            service_on: self.service_on(cells, bill, &mut notes)?,
            description: description(cells, mbs_item.as_deref(), &mut notes),
            mbs_item,
            quantity: quantity(base, cells)?,
            fee_cents,
            gst_cents,
        };
        Ok(Typed { key, rows: vec![TargetRow::new(id, &item)], notes: notes.list })
    }
}

impl InvoiceItems<'_> {
    /// Many files have the day on the bill alone.
    fn service_on(&self, cells: Cells<'_>, bill: Bill, notes: &mut Notes<'_>) -> Result<ClinicDate, Reason> {
        if cells.raw("service_on").is_some() {
            return self.base.known_day(cells, "service_on", &self.served);
        }
        if self.base.bound.place("service_on").is_some() {
            notes.add(Code::RequiredEmpty, "service_on");
        }
        Ok(bill.issued_on)
    }
}

/// The bill that a record names; `None` when it names none.
pub(super) fn bill(base: &Base<'_>, cells: Cells<'_>, notes: &mut Notes<'_>) -> Result<Option<Bill>, Reason> {
    let Some(theirs) = cells.raw("invoice") else { return Ok(None) };
    let (bill, exact) = base.around.ledger.find(theirs).map_err(|code| base.refuse("invoice", code))?;
    if !exact {
        notes.add(Code::KeyFolded, "invoice");
    }
    Ok(Some(bill))
}

/// One, where nobody says how many.
fn quantity(base: &Base<'_>, cells: Cells<'_>) -> Result<i64, Reason> {
    let Some(text) = cells.raw("quantity") else { return Ok(1) };
    let quantity = number::integer(text).map_err(|code| base.refuse("quantity", code))?;
    match quantity {
        1..=99_999 => Ok(quantity),
        _ => Err(base.refuse("quantity", Code::ValueRange)),
    }
}

fn description(cells: Cells<'_>, mbs_item: Option<&str>, notes: &mut Notes<'_>) -> String {
    cells.text("description").or_else(|| mbs_item.map(|item| format!("MBS item {item}"))).unwrap_or_else(
        || {
            notes.add(Code::RequiredEmpty, "description");
            "Not described".into()
        },
    )
}
