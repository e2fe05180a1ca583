//! `Observations.mer`: measured values as text, since somebody once wanted to type 120/80.

use std::path::Path;

use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[&str] = &["ObsID", "PatientNo", "ApptID", "Measure", "ObsValue", "TakenTS", "ObsComment"];

const VALUES: &[(&str, &str)] = &[
    ("BP", "120/80"),
    ("BP", " 135 / 85 "),
    ("Weight", "82.30000000000001"),
    ("Weight", "71,5"),
    ("Temp", "37.2"),
    ("Pulse", "72"),
    ("Height", "178"),
    ("SpO2", "98"),
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 8);
    let visits: Vec<_> = clinic.visits.iter().filter(|v| v.start_min != 135).step_by(2).collect();
    let good = u32::try_from(visits.len()).unwrap_or(0).min(clinic.plan.notes / 2);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, 0, 1));
        bad.push(Bad::new("NUM_TEXT", 4, "high"));
        bad.push(Bad::new("NUM_TEXT", 4, "2 - 2"));
        bad.push(Bad::new("VALUE_RANGE", 4, "999/80").and(3, "BP"));
        bad.push(Bad::new("VALUE_UNKNOWN", 3, "Aura"));
        bad.push(Bad::new("REQUIRED_EMPTY", 5, ""));
        bad.push(Bad::new("DATE_UNPARSED", 5, "this morning"));
    }
    let mut sheet = Sheet::delimited((dir, "Observations.mer"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, visit) in (0_u32..good).zip(visits) {
        let (measure, value) = random.pick(VALUES);
        let date = day(clinic.plan.today, i64::from(visit.day));
        let minute = visit.start_min + 2;
        let taken = format!("{} {}:{:02}:00", date.format("%-d/%-m/%Y"), minute / 60, minute % 60);
        let comment = random.pick(&["", "", "sitting", "left arm"]);
        cells = [
            &format!("O{i}"),
            &number(visit.patient),
            &visit.key.to_string(),
            measure,
            value,
            &taken,
            comment,
        ]
        .map(ToString::to_string)
        .to_vec();
        sheet.good(&cells, &[])?;
    }
    sheet.finish(&cells)
}
