//! `InvoiceItems.mer`: what was billed, with whatever people typed where an amount belongs.

use std::path::Path;

use super::accounts::{Bill, bills, typed, usual};
use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[&str] =
    &["ItemID", "InvoiceID", "ServiceDate", "MBSItem", "ItemDescription", "Qty", "Fee", "GST"];
const KEY: usize = 0;
const INVOICE: usize = 1;
const DAY: usize = 2;
const MBS: usize = 3;
const WORDS: usize = 4;
const QUANTITY: usize = 5;
const FEE: usize = 6;
const GST: usize = 7;

const SERVICES: &[(&str, &str)] = &[
    ("23", "Consultation, level B"),
    ("36", "Consultation, level C"),
    ("00023", "Consultation \u{2013} \u{201C}standard\u{201D}"),
    ("721", ""),
    ("", "Medical report"),
];
/// Things that are sold, with GST: how many, the price of all.
const GOODS: &[(&str, &str, i64)] =
    &[("Dressing pack", "2", 1_650), ("Tape", "1", 55), ("Crutches", "", 4_400)];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 15);
    let bills = bills(clinic);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(usual(KEY, INVOICE));
        bad.push(Bad::new("REQUIRED_EMPTY", INVOICE, ""));
        bad.push(Bad::new("DATE_UNPARSED", DAY, "Tuesday"));
        bad.push(Bad::new("NUM_TEXT", FEE, "$1,234.50"));
        bad.push(Bad::new("NUM_TEXT", FEE, "as agreed"));
        bad.push(Bad::new("MONEY_FRACTION", FEE, "39.105"));
        bad.push(Bad::new("REQUIRED_EMPTY", FEE, " "));
        bad.push(Bad::new("NUM_TEXT", QUANTITY, "2 x"));
        bad.push(Bad::new("VALUE_RANGE", QUANTITY, "0"));
        bad.push(Bad::new("VALUE_RANGE", GST, "90000"));
    }
    // Two things on every third bill.
    let good = bills.len() + bills.iter().filter(|bill| sells(bill)).count();
    let good = u32::try_from(good).unwrap_or(0);
    let mut sheet = Sheet::delimited((dir, "InvoiceItems.mer"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for bill in &bills {
        let mut notes = Vec::new();
        cells = service(clinic, bill, &mut random);
        sprinkle(bill, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
        if sells(bill) {
            cells = thing(clinic, bill, &mut random);
            sheet.good(&cells, &[])?;
        }
    }
    sheet.finish(&cells)
}

/// Nothing is sold on a bill that takes another back.
fn sells(bill: &Bill<'_>) -> bool {
    bill.number.is_multiple_of(3) && bill.reverses.is_none()
}

fn service(clinic: &Clinic<'_>, bill: &Bill<'_>, random: &mut Random) -> Vec<String> {
    let (mbs, words) = random.pick(SERVICES);
    let gst = random.pick(&["", "0", "0.00"]);
    line(clinic, bill, ["a", mbs, words, "1"], [&typed(bill.cents), gst])
}

fn thing(clinic: &Clinic<'_>, bill: &Bill<'_>, random: &mut Random) -> Vec<String> {
    let (words, many, cents) = random.pick(GOODS);
    line(clinic, bill, ["b", "", words, many], [&typed(cents), &typed(cents / 11)])
}

fn line(
    clinic: &Clinic<'_>,
    bill: &Bill<'_>,
    [part, mbs, words, many]: [&str; 4],
    [fee, gst]: [&str; 2],
) -> Vec<String> {
    let date = day(clinic.plan.today, i64::from(bill.visit.day)).format("%-d/%-m/%Y").to_string();
    let key = format!("{}{part}", bill.number);
    [key.as_str(), &bill.key(), &date, mbs, words, many, fee, gst].map(ToString::to_string).to_vec()
}

/// Oddities that load all the same.
fn sprinkle(bill: &Bill<'_>, cells: &mut [String], notes: &mut Vec<(&'static str, &'static str)>) {
    let mut put = |cell: usize, value: &str| {
        if let Some(place) = cells.get_mut(cell) {
            value.clone_into(place);
        }
    };
    match bill.number % 30 {
        2 => {
            put(INVOICE, &format!(" {}", bill.key().to_ascii_lowercase()));
            notes.push(("KEY_FOLDED", "InvoiceID"));
        }
        11 => {
            put(MBS, "");
            put(WORDS, "");
            notes.push(("REQUIRED_EMPTY", "ItemDescription"));
        }
        17 => {
            put(DAY, "");
            notes.push(("REQUIRED_EMPTY", "ServiceDate"));
        }
        _ => {}
    }
}
