//! `Letters.xml`: what was written to others, with the line ends of every program that a letter has passed through.

use std::path::Path;

use super::{Bad, Clinic, Sheet, Visit};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[(&str, &str)] = &[
    ("LetterID", "TEXT"),
    ("PatientNo", "TEXT"),
    ("PracCode", "TEXT"),
    ("LetterTS", "TIMESTAMP"),
    ("ToName", "TEXT"),
    ("ToAddress", "TEXT"),
    ("Subject", "TEXT"),
    ("LetterText", "TEXT"),
];
const KEY: usize = 0;
const PATIENT: usize = 1;
const AUTHOR: usize = 2;
const STAMP: usize = 3;
const NAME: usize = 4;
const ADDRESS: usize = 5;
const SUBJECT: usize = 6;
const TEXT: usize = 7;

const RECIPIENTS: &[(&str, &str)] = &[
    ("Harbour Chest Clinic", "12 Wharf Road\nSampleton NSW 2999"),
    ("The Registrar, Fracture Clinic", "Sampleton District Hospital"),
    ("Ferry Road Physiotherapy", ""),
    ("To whom it may concern", ""),
    ("", "Locked Bag 1\nSampleton NSW 2999"),
];
const SUBJECTS: &[&str] =
    &["Cough since winter", "Right wrist", "Fitness for work", "Thank you\nfor seeing", "Review"];
const TEXTS: &[&str] = &[
    "Thank you for seeing this patient.\n\nThree weeks of dry cough; chest X-ray attached.\n- no fever\n- never smoked",
    "Dear colleague,\nfell on the outstretched hand. Please see & treat.\nKind regards",
    "Unfit for work until further notice, <see certificate>.",
    "\u{201C}Much better\u{201D} since your review. I\u{2019}ll see her again in 3/12.",
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let good = if clinic.visits.is_empty() { 0 } else { clinic.plan.notes / 4 };
    let mut random = Random::new(clinic.plan.seed, 13);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, KEY, PATIENT));
        bad.push(Bad::new("DATE_UNPARSED", STAMP, "Easter 2019"));
        bad.push(Bad::new("REQUIRED_EMPTY", STAMP, ""));
        bad.push(Bad::new("REQUIRED_EMPTY", TEXT, "\n \n"));
    }
    let mut sheet = Sheet::xml((dir, "Letters"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, visit) in (0..good).zip(clinic.visits.iter().cycle()) {
        let mut notes = Vec::new();
        cells = letter(clinic, visit, i, &mut random);
        sprinkle(i, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}

/// Written in the evening, when the clocks are the same for everybody.
fn letter(clinic: &Clinic<'_>, visit: &Visit, i: u32, random: &mut Random) -> Vec<String> {
    let date = day(clinic.plan.today, i64::from(visit.day));
    let (name, address) = random.pick(RECIPIENTS);
    vec![
        format!("L{i:05}"),
        number(visit.patient),
        clinic.staff.get(visit.doctor as usize).map(|d| d.code.clone()).unwrap_or_default(),
        format!("{} 18:{:02}:00", date.format("%-d/%-m/%Y"), random.below(60)),
        name.into(),
        address.into(),
        random.pick(SUBJECTS).into(),
        random.pick(TEXTS).into(),
    ]
}

/// Oddities that load all the same.
fn sprinkle(i: u32, cells: &mut [String], notes: &mut Vec<(&'static str, &'static str)>) {
    let mut put = |cell: usize, value: &str| {
        if let Some(place) = cells.get_mut(cell) {
            value.clone_into(place);
        }
    };
    match i % 30 {
        2 => {
            // Whoever it was wrote notes too, and spelt the same another way there.
            put(AUTHOR, " smi");
            notes.push(("ORPHAN", "PracCode"));
        }
        5 => {
            put(AUTHOR, "");
            notes.push(("REQUIRED_EMPTY", "PracCode"));
        }
        8 => {
            put(NAME, "");
            put(ADDRESS, " ");
            notes.push(("REQUIRED_EMPTY", "ToName"));
        }
        11 => {
            put(SUBJECT, "");
            notes.push(("REQUIRED_EMPTY", "Subject"));
        }
        14 => put(TEXT, "From the Mac\rfrom the old file\u{0B}and from here\n\nRegards\u{02}"),
        17 => {
            put(STAMP, "6/4/2025 2:30:00");
            notes.push(("TIME_AMBIGUOUS", "LetterTS"));
        }
        20 => {
            put(STAMP, "5/10/2025 2:30:00");
            notes.push(("TIME_MISSING", "LetterTS"));
        }
        _ => {}
    }
}
