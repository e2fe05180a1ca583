//! `Payments.xml`: what was paid, in parts, too much, for nothing in particular, and back again.

use std::path::Path;

use super::accounts::{Bill, bills, typed, usual};
use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[(&str, &str)] = &[
    ("PaymentID", "TEXT"),
    ("InvoiceID", "TEXT"),
    ("PatientNo", "TEXT"),
    ("DatePaid", "DATE"),
    ("PaymentMethod", "TEXT"),
    ("AmountPaid", "NUMBER"),
    ("PaymentRef", "TEXT"),
];
const KEY: usize = 0;
const INVOICE: usize = 1;
const PATIENT: usize = 2;
const DAY: usize = 3;
const METHOD: usize = 4;
const AMOUNT: usize = 5;

const METHODS: &[(u32, &str)] = &[
    (400, "Medicare"),
    (250, "EFTPOS"),
    (100, "cash "),
    (80, "HICAPS"),
    (80, "Direct Deposit"),
    (40, "Cheque"),
    (30, "DVA"),
    (20, ""),
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 16);
    let nobody = number(clinic.register.nobody);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(usual(KEY, INVOICE));
        bad.push(Bad::new("REQUIRED_EMPTY", PATIENT, "").and(INVOICE, ""));
        bad.push(Bad::new("ORPHAN", PATIENT, &nobody).and(INVOICE, ""));
        bad.push(Bad::new("REQUIRED_EMPTY", DAY, ""));
        bad.push(Bad::new("DATE_UNPARSED", DAY, "with the next"));
        bad.push(Bad::new("NUM_TEXT", AMOUNT, "$45.00"));
        bad.push(Bad::new("NUM_TEXT", AMOUNT, "(22)"));
        bad.push(Bad::new("MONEY_FRACTION", AMOUNT, "82.30000000000001"));
        bad.push(Bad::new("REQUIRED_EMPTY", AMOUNT, ""));
    }
    let parts: Vec<(Bill<'_>, i64)> =
        bills(clinic).iter().flat_map(|bill| paid(bill).into_iter().map(|cents| (*bill, cents))).collect();
    let good = u32::try_from(parts.len()).unwrap_or(0);
    let mut sheet = Sheet::xml((dir, "Payments"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, (bill, cents)) in (0_u32..).zip(&parts) {
        let mut notes = Vec::new();
        cells = payment(clinic, (i, bill, *cents), &mut random);
        sprinkle(clinic, i, bill, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}

/// What comes in for a bill, in its order.
fn paid(bill: &Bill<'_>) -> Vec<i64> {
    let cents = bill.cents;
    match bill.number % 10 {
        // Still owing.
        3 => vec![],
        // In two parts.
        5 => vec![cents - cents / 3, cents / 3],
        // Too much, and the rest back.
        8 => vec![cents + 1_000, -1_000],
        _ => vec![cents],
    }
}

fn payment(clinic: &Clinic<'_>, (i, bill, cents): (u32, &Bill<'_>, i64), random: &mut Random) -> Vec<String> {
    let on = i64::from(bill.visit.day) + i64::from(random.below(3)) * 7;
    let on = day(clinic.plan.today, on.min(0)).format("%-d/%-m/%Y").to_string();
    // A deposit is for no bill.
    let invoice = if i % 13 == 6 { String::new() } else { bill.key() };
    let method = random.weighted(METHODS);
    let reference = random.pick(&["", "", "rec 0117", "chq 000451\nof her mother"]);
    [&format!("P{i:06}"), &invoice, &number(bill.visit.patient), &on, method, &typed(cents), reference]
        .map(ToString::to_string)
        .to_vec()
}

/// Oddities that load all the same.
fn sprinkle(
    clinic: &Clinic<'_>,
    i: u32,
    bill: &Bill<'_>,
    cells: &mut [String],
    notes: &mut Vec<(&'static str, &'static str)>,
) {
    let mut put = |cell: usize, value: &str| {
        if let Some(place) = cells.get_mut(cell) {
            value.clone_into(place);
        }
    };
    // Deposits are left as they are.
    match i % 26 {
        2 => {
            put(METHOD, "barter");
            notes.push(("VALUE_UNKNOWN", "PaymentMethod"));
        }
        9 => {
            let other = clinic.register.living.iter().find(|n| **n != bill.visit.patient);
            if let Some(other) = other {
                put(PATIENT, &number(*other));
                notes.push(("PATIENT_DIFFERS", "PatientNo"));
            }
        }
        15 => put(PATIENT, ""),
        22 => put(AMOUNT, ".5"),
        24 => put(AMOUNT, "45.00"),
        _ => {}
    }
}
