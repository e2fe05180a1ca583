//! `Notes.xml`: what was typed at consultations, with returns, old line ends and quotes as Word makes them.

use std::path::Path;

use wattle_domain::time::{ClinicZone, Resolved};

use super::{Bad, Clinic, Sheet, Visit};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[(&str, &str)] = &[
    ("NoteID", "TEXT"),
    ("PatientNo", "TEXT"),
    ("PracCode", "TEXT"),
    ("ApptID", "NUMBER"),
    ("NoteDate", "DATE"),
    ("NoteTime", "TIME"),
    ("Reason", "TEXT"),
    ("NoteText", "TEXT"),
    ("Plan", "TEXT"),
];
const KEY: usize = 0;
const PATIENT: usize = 1;
const AUTHOR: usize = 2;
const APPOINTMENT: usize = 3;
const DATE: usize = 4;
const TIME: usize = 5;
const TEXT: usize = 7;

const REASONS: &[&str] =
    &["Cough", "Back pain", "Review of results", "Repeat scripts", "Skin check", "", "Travel advice"];
const FINDINGS: &[&str] = &[
    "Three days of dry cough, no fever.\nChest clear, sats 98 %.",
    "Lower back since lifting boxes on Saturday.\n- no red flags\n- SLR negative",
    "Feels well. BP at home 130/80.",
    "\u{201C}Like a belt around the chest\u{201D} on stairs, gone at rest. ECG normal.",
    "Mole on left shoulder unchanged, 4 mm, regular border.",
    "Sleeps badly since the move; PHQ-9 is 7.",
];
const PLANS: &[&str] =
    &["Review in two weeks", "Bloods, then review", "", "Physio; NSAID for a week", "See if worse"];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let good = if clinic.visits.is_empty() { 0 } else { clinic.plan.notes };
    let mut random = Random::new(clinic.plan.seed, 5);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, KEY, PATIENT));
        bad.push(Bad::new("DATE_UNPARSED", DATE, "30/02/2025"));
        bad.push(Bad::new("REQUIRED_EMPTY", DATE, ""));
        bad.push(Bad::new("TIME_UNPARSED", TIME, "after lunch"));
    }
    let mut sheet = Sheet::xml((dir, "Notes"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for i in 0..good {
        // Every visit has a note before one has two.
        let visits = u32::try_from(clinic.visits.len()).unwrap_or(u32::MAX);
        let Some(visit) = clinic.visits.get((i % visits) as usize) else { break };
        let mut notes = Vec::new();
        cells = note(clinic, visit, i, (i / visits) * 3, &mut random, &mut notes);
        sprinkle(i, &mut cells, &mut notes);
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}

fn note(
    clinic: &Clinic<'_>,
    visit: &Visit,
    i: u32,
    later_min: u32,
    random: &mut Random,
    notes: &mut Vec<(&'static str, &'static str)>,
) -> Vec<String> {
    let date = day(clinic.plan.today, i64::from(visit.day));
    let minute = visit.start_min + 5 + later_min;
    let at = date.and_hms_opt(minute / 60, minute % 60, 0).unwrap_or_default();
    match ClinicZone::default().resolve(at) {
        Resolved::Exact(_) => {}
        Resolved::Ambiguous { .. } => notes.push(("TIME_AMBIGUOUS", "NoteTime")),
        Resolved::Missing { .. } => notes.push(("TIME_MISSING", "NoteTime")),
    }
    let form = random.weighted(&[(900, "%-d/%-m/%Y"), (60, "%d/%m/%Y"), (40, "%-d.%-m.%Y")]);
    vec![
        format!("N{:07}", i + 1),
        number(visit.patient),
        clinic.staff.get(visit.doctor as usize).map(|d| d.code.clone()).unwrap_or_default(),
        visit.key.to_string(),
        date.format(form).to_string(),
        format!("{}:{:02}:00", minute / 60, minute % 60),
        random.pick(REASONS).into(),
        random.pick(FINDINGS).into(),
        random.pick(PLANS).into(),
    ]
}

/// Oddities that load all the same.
fn sprinkle(i: u32, cells: &mut [String], notes: &mut Vec<(&'static str, &'static str)>) {
    let mut put = |cell: usize, value: &dyn Fn(&str) -> String| {
        if let Some(place) = cells.get_mut(cell) {
            *place = value(place);
        }
    };
    match i % 200 {
        11 => {
            put(AUTHOR, &|code| format!(" {}", code.to_ascii_lowercase()));
            notes.push(("KEY_FOLDED", "PracCode"));
        }
        23 => {
            put(AUTHOR, &|_| "SMI".into());
            notes.push(("ORPHAN", "PracCode"));
        }
        37 => {
            put(AUTHOR, &|_| String::new());
            notes.push(("REQUIRED_EMPTY", "PracCode"));
        }
        53 => {
            put(APPOINTMENT, &|_| "999999".into());
            notes.push(("ORPHAN", "ApptID"));
        }
        71 => {
            put(PATIENT, &|n| format!("{n}\u{A0}"));
            notes.push(("KEY_FOLDED", "PatientNo"));
        }
        101 => put(TEXT, &|text| format!("{text}\u{0B}old line end\n\n# not a heading of ours\u{02}")),
        _ => {}
    }
}
