//! The bills that `Invoices.mer`, `InvoiceItems.mer` and `Payments.xml` are about: one for every fifth note.

use super::{Bad, Clinic, SAME, Visit};

/// The key of the bill that must be rejected, where dirt is planted.
pub(super) const REJECTED: &str = "V-BAD";
/// A key that no bill has.
pub(super) const NOWHERE: &str = "V999999";

/// A bill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bill<'a> {
    pub(super) visit: &'a Visit,
    /// From 0.
    pub(super) number: u32,
    /// What it comes to, in cents; negative on one that takes another back.
    pub(super) cents: i64,
    /// The one that it takes back.
    pub(super) reverses: Option<u32>,
}

impl Bill<'_> {
    pub(super) fn key(&self) -> String {
        key(self.number)
    }
}

pub(super) fn key(number: u32) -> String {
    format!("V{number:06}")
}

/// What consultations cost: without GST.
const FEES: &[i64] = &[4_285, 8_290, 12_210, 3_975, 9_500];

/// All of them. Now and then one is taken back at once.
pub(super) fn bills<'a>(clinic: &Clinic<'a>) -> Vec<Bill<'a>> {
    let most = if clinic.visits.is_empty() { 0 } else { clinic.plan.notes / 5 };
    let mut bills: Vec<Bill<'a>> = Vec::new();
    for (i, visit) in (0..most).zip(clinic.visits.iter().cycle()) {
        let number = u32::try_from(bills.len()).unwrap_or(0);
        let cents = FEES.get(i as usize % FEES.len()).copied().unwrap_or_default();
        bills.push(Bill { visit, number, cents, reverses: None });
        if i % 19 == 7 {
            bills.push(Bill { visit, number: number + 1, cents: -cents, reverses: Some(number) });
        }
    }
    bills
}

/// What every table of the accounts has: no key, a doubled record, a cut one; a bill that is nowhere or was rejected.
pub(super) fn usual(key: usize, invoice: usize) -> Vec<Bad> {
    vec![
        Bad::new("NULL_KEY", key, " "),
        Bad::new("DUPLICATE_KEY", key, SAME),
        Bad::new("COLUMN_COUNT", 0, SAME),
        Bad::new("ORPHAN", invoice, NOWHERE),
        Bad::new("PARENT_REJECTED", invoice, REJECTED),
    ]
}

/// Cents as somebody types them into a number field: with a point or without, zeros or none.
pub(super) fn typed(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (whole, part) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    let whole = if whole == 0 { String::new() } else { whole.to_string() };
    match part {
        0 if !whole.is_empty() => format!("{sign}{whole}"),
        0 => "0".into(),
        tens if tens.is_multiple_of(10) => format!("{sign}{whole}.{}", tens / 10),
        part => format!("{sign}{whole}.{part:02}"),
    }
}
