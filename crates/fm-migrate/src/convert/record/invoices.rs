//! Bills, as they were sent. What one comes to is the sum of what is on it.

use std::collections::HashSet;

use wattle_domain::entities::Invoice;
use wattle_domain::{InvoiceId, PractitionerId};

use super::ledger::Bill;
use super::{Base, Convert};
use crate::convert::{Notes, Outcome, TargetRow, Typed, reference};
use crate::mapping::Cells;
use crate::raw::RawRow;
use crate::reason::Code;
use crate::typing::DateForms;

pub(super) const FIELDS: &[&str] =
    &["key", "number", "patient", "practitioner", "issued_on", "payer", "payer_name", "note", "reverses"];
pub(super) const REQUIRED: &[&str] = &["key", "patient", "issued_on"];

pub(super) struct Invoices<'a> {
    base: Base<'a>,
    issued: DateForms,
    numbers: HashSet<String>,
}

impl<'a> Invoices<'a> {
    pub(super) fn new(base: Base<'a>) -> Self {
        let issued = base.bound.forms("issued_on");
        Self { base, issued, numbers: HashSet::new() }
    }

    fn typed(&mut self, row: &RawRow) -> Outcome {
        let Self { base, issued, numbers } = self;
        let mut notes = Notes::new(&base.bound);
        let begun = base.begin(row, &mut notes)?;
        let cells = begun.cells;
        let issued_on = base.known_day(cells, "issued_on", issued)?;
        let practitioner = reference(cells, "practitioner", base.around.practitioners, &mut notes);
        let practitioner = notes.optional("practitioner", practitioner.transpose());
        let number = cells.text("number").map(|number| number.replace('\n', " "));
        // Both keep it: these are the bills that people have in their hands.
        if number.as_ref().is_some_and(|number| !numbers.insert(number.clone())) {
            notes.add(Code::IdentifierTaken, "number");
        }
        let id = InvoiceId(begun.id);
        let invoice = Invoice {
            id,
            patient_id: begun.patient,
            practitioner_id: practitioner.map(PractitionerId),
            number: number.unwrap_or_else(|| begun.key.clone()),
            issued_on,
            payer: base.word(cells, "payer", &mut notes),
            payer_name: cells.text("payer_name"),
            note: cells.text("note"),
            reverses: reverses(base, cells, id, &mut notes),
        };
        base.around.ledger.loaded(&begun.key, Bill { id, patient: begun.patient, issued_on });
        let rows = vec![TargetRow::new(begun.id, &invoice)];
        Ok(Typed { key: begun.key, rows, notes: notes.list })
    }
}

impl Convert for Invoices<'_> {
    fn convert(&mut self, row: &RawRow) -> Outcome {
        let outcome = self.typed(row);
        if let (Err(_), Some(key)) = (&outcome, self.base.bound.cells(row).text("key")) {
            self.base.around.ledger.rejected(&key);
        }
        outcome
    }
}

/// The bill that this one takes back. It is not looked up: only whether there is such a number at all.
fn reverses(base: &Base<'_>, cells: Cells<'_>, id: InvoiceId, notes: &mut Notes<'_>) -> Option<InvoiceId> {
    let key = cells.text("reverses")?;
    let other = InvoiceId(base.around.namespace.record(base.table, &key));
    if !base.census.has(&key) || other == id {
        notes.add(Code::Orphan, "reverses");
        return None;
    }
    Some(other)
}
