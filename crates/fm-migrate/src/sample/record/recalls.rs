//! `Recalls.tab`: whom to ask back; nobody ever agreed on where it is written that they came.

use std::path::Path;

use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

/// The columns, in order; the file itself does not name them.
pub(crate) const FIELDS: &[&str] = &[
    "RecallID",
    "PatientNo",
    "PracCode",
    "DueDate",
    "RecallReason",
    "RecallComment",
    "RecallStatus",
    "DateDone",
];
const KEY: usize = 0;
const PATIENT: usize = 1;
const DUE: usize = 3;
const REASON: usize = 4;

const REASONS: &[&str] = &[
    "Cervical screening",
    "Repeat blood test",
    "Skin check",
    "Care plan review",
    "Flu vaccine",
    "Blood pressure \u{2013} \"white coat?\"",
];
const COMMENTS: &[&str] = &["", "", "prefers mornings", "rang twice\nno answer", "moved? check address"];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 12);
    let who: Vec<u32> = clinic.register.living.iter().copied().skip(1).step_by(3).collect();
    let good = u32::try_from(who.len()).unwrap_or(0);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, KEY, PATIENT));
        bad.push(Bad::new("REQUIRED_EMPTY", DUE, ""));
        bad.push(Bad::new("DATE_UNPARSED", DUE, "when she is back"));
        bad.push(Bad::new("REQUIRED_EMPTY", REASON, " "));
    }
    let mut sheet = Sheet::delimited((dir, "Recalls.tab"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, patient) in (0_u32..).zip(who) {
        let mut notes = Vec::new();
        cells = recall(clinic, i, patient, &mut random, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}

/// One that loads, now and then with an oddity.
fn recall(
    clinic: &Clinic<'_>,
    i: u32,
    patient: u32,
    random: &mut Random,
    notes: &mut Vec<(&'static str, &'static str)>,
) -> Vec<String> {
    let due = i64::from(random.between(-400, 400));
    let on = |days: i64| day(clinic.plan.today, days);
    let form = random.weighted(&[(900, "%-d/%-m/%Y"), (100, "%-d.%-m.%Y")]);
    let doctor = random.below(clinic.plan.practitioners);
    let mut doctor = clinic.staff.get(doctor as usize).map(|d| d.code.clone()).unwrap_or_default();
    let mut status = random.pick(&["", "Outstanding", "Reminder sent", "No longer needed", "cancelled "]);
    let mut done = String::new();
    if due < 0 && random.chance(600) {
        status = random.pick(&["", "Attended"]);
        // Often only the word, often only the day.
        if status.is_empty() || random.chance(500) {
            done = on(due / 2).format("%-d/%-m/%Y").to_string();
        }
    }
    match i % 40 {
        2 => {
            status = "left msg";
            notes.push(("VALUE_UNKNOWN", "RecallStatus"));
        }
        5 => {
            (status, done) = ("", "yes".into());
            notes.push(("DATE_UNPARSED", "DateDone"));
        }
        8 => {
            (status, done) = ("", on(21).format("%-d/%-m/%Y").to_string());
            notes.push(("DATE_FUTURE", "DateDone"));
        }
        11 => {
            doctor = "SMI".into();
            notes.push(("ORPHAN", "PracCode"));
        }
        14 => {
            doctor = format!("{} ", doctor.to_ascii_lowercase());
            notes.push(("KEY_FOLDED", "PracCode"));
        }
        17 => doctor = String::new(),
        _ => {}
    }
    let (reason, comment) = (random.pick(REASONS), random.pick(COMMENTS));
    let due = on(due).format(form).to_string();
    [&format!("R{i}"), &number(patient), &doctor, &due, reason, comment, status, &done]
        .map(ToString::to_string)
        .to_vec()
}
