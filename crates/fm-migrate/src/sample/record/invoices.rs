//! `Invoices.mer`: bills, two of which once got one number.

use std::path::Path;

use super::accounts::{Bill, NOWHERE, REJECTED, bills, key};
use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[&str] = &[
    "InvoiceID",
    "InvoiceNo",
    "PatientNo",
    "PracCode",
    "InvoiceDate",
    "BillTo",
    "PayerName",
    "InvoiceNote",
    "ReversesID",
];
const KEY: usize = 0;
const NUMBER: usize = 1;
const PATIENT: usize = 2;
const DOCTOR: usize = 3;
const ISSUED: usize = 4;
const PAYER: usize = 5;
const REVERSES: usize = 8;

const PAYERS: &[(u32, (&str, &str))] = &[
    (500, ("Bulk bill", "")),
    (300, ("Private", "")),
    (60, ("", "")),
    (60, ("Private", "her mother,\nMrs \u{201C}Kit\u{201D} Example")),
    (40, ("DVA ", "")),
    (40, ("WorkCover", "Sample Insurance Ltd")),
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 14);
    let bills = bills(clinic);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, KEY, PATIENT));
        bad.push(Bad::new("REQUIRED_EMPTY", ISSUED, ""));
        bad.push(Bad::new("DATE_UNPARSED", ISSUED, "end of quarter"));
    }
    let good = u32::try_from(bills.len()).unwrap_or(0);
    let mut sheet = Sheet::delimited((dir, "Invoices.mer"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for bill in &bills {
        let mut notes = Vec::new();
        cells = invoice(clinic, bill, &mut random);
        sprinkle(bill, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    if clinic.plan.dirt(1) > 0 && !cells.is_empty() {
        let mut without_day = cells.clone();
        for (cell, value) in [(KEY, REJECTED), (ISSUED, "")] {
            if let Some(place) = without_day.get_mut(cell) {
                value.clone_into(place);
            }
        }
        sheet.bad(&without_day, "REQUIRED_EMPTY", "InvoiceDate")?;
    }
    sheet.finish(&cells)
}

fn invoice(clinic: &Clinic<'_>, bill: &Bill<'_>, random: &mut Random) -> Vec<String> {
    let visit = bill.visit;
    let (payer, name) = random.weighted(PAYERS);
    vec![
        bill.key(),
        format!("2{:05}", bill.number),
        number(visit.patient),
        clinic.staff.get(visit.doctor as usize).map(|d| d.code.clone()).unwrap_or_default(),
        day(clinic.plan.today, i64::from(visit.day)).format("%-d/%-m/%Y").to_string(),
        payer.into(),
        name.into(),
        random.pick(&["", "", "", "disputes the gap", "send again"]).into(),
        bill.reverses.map(key).unwrap_or_default(),
    ]
}

/// Oddities that load all the same.
fn sprinkle(bill: &Bill<'_>, cells: &mut [String], notes: &mut Vec<(&'static str, &'static str)>) {
    let mut put = |cell: usize, value: &str| {
        if let Some(place) = cells.get_mut(cell) {
            value.clone_into(place);
        }
    };
    match bill.number % 24 {
        4 => {
            put(NUMBER, &format!("2{:05}", bill.number - 1));
            notes.push(("IDENTIFIER_TAKEN", "InvoiceNo"));
        }
        9 => {
            put(PAYER, "mates' rates");
            notes.push(("VALUE_UNKNOWN", "BillTo"));
        }
        14 => {
            put(DOCTOR, "SMI");
            notes.push(("ORPHAN", "PracCode"));
        }
        19 => {
            put(REVERSES, NOWHERE);
            notes.push(("ORPHAN", "ReversesID"));
        }
        _ => {}
    }
}
