//! `Log.mer`: what a script wrote down whenever somebody committed a record, and what nobody has looked at since.

use std::path::Path;

use super::{Bad, Clinic, SAME, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[&str] = &[
    "LogID",
    "LogTS",
    "AccountName",
    "LogAction",
    "LayoutName",
    "LogRecordNo",
    "PatientNo",
    "FieldName",
    "OldValue",
    "NewValue",
];
const KEY: usize = 0;
const AT: usize = 1;
const ACCOUNT: usize = 2;
const ACTION: usize = 3;
const PATIENT: usize = 6;
const FIELD: usize = 7;

/// What was done, to which field, from what to what.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    ("Modify", "PhoneMobile", "0400 000 117", "0400 000 118"),
    ("Modify", "Address1", "1 Sample St", "2 Sample St"),
    ("modify ", "MedicareNo", "", "2123 45670 1"),
    ("New", "", "", ""),
    ("View", "", "", ""),
    ("Print", "", "", ""),
    ("Delete", "NoteText", "see letter\nof the 4th", ""),
];
const LAYOUTS: &[&str] = &["Patient Detail", "Consultation", "Letters"];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 17);
    // But for those of the night in which the clock is put back.
    let visits: Vec<_> = clinic.visits.iter().filter(|v| v.start_min != 135).collect();
    let good = if visits.is_empty() { 0 } else { clinic.plan.notes / 2 };
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.push(Bad::new("NULL_KEY", KEY, " "));
        bad.push(Bad::new("DUPLICATE_KEY", KEY, SAME));
        bad.push(Bad::new("COLUMN_COUNT", 0, SAME));
        bad.push(Bad::new("REQUIRED_EMPTY", AT, ""));
        bad.push(Bad::new("DATE_UNPARSED", AT, "?"));
        bad.push(Bad::new("VALUE_UNKNOWN", ACTION, "RUN SCRIPT"));
        let rejected = clinic.register.rejected.iter().take(1);
        bad.extend(rejected.map(|n| Bad::new("PARENT_REJECTED", PATIENT, &number(*n))));
    }
    let mut sheet = Sheet::delimited((dir, "Log.mer"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, visit) in (0..good).zip(visits.iter().cycle()) {
        let (action, field, old, new) = random.pick(CHANGES);
        let layout = random.pick(LAYOUTS);
        let on = day(clinic.plan.today, i64::from(visit.day)).format("%-d/%-m/%Y");
        let minute = visit.start_min + random.below(30);
        let account = clinic.staff.get(visit.doctor as usize).map(|d| d.code.clone()).unwrap_or_default();
        cells = [
            &format!("G{i:06}"),
            &format!("{on} {}:{:02}:{:02}", minute / 60, minute % 60, random.below(60)),
            &account,
            action,
            layout,
            &visit.key.to_string(),
            &number(visit.patient),
            field,
            old,
            new,
        ]
        .map(ToString::to_string)
        .to_vec();
        let mut notes = Vec::new();
        sprinkle(clinic, i, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}

/// Oddities that load all the same.
fn sprinkle(
    clinic: &Clinic<'_>,
    i: u32,
    cells: &mut [String],
    notes: &mut Vec<(&'static str, &'static str)>,
) {
    let mut put = |cell: usize, value: &str| {
        if let Some(place) = cells.get_mut(cell) {
            value.clone_into(place);
        }
    };
    match i % 40 {
        // Who left long ago, or was never a practitioner.
        1 => {
            put(ACCOUNT, "reception2");
            notes.push(("ORPHAN", "AccountName"));
        }
        4 => {
            put(ACCOUNT, "");
            notes.push(("REQUIRED_EMPTY", "AccountName"));
        }
        // The log outlives its patients.
        7 => {
            put(PATIENT, &number(clinic.register.nobody));
            notes.push(("ORPHAN", "PatientNo"));
        }
        // Of nobody in particular.
        13 => put(PATIENT, ""),
        16 => put(ACTION, ""),
        // A script that wrote down the field's content instead of its name.
        19 => {
            put(FIELD, "rang her mother\nno answer");
            notes.push(("VALUE_UNKNOWN", "FieldName"));
        }
        _ => {}
    }
}
