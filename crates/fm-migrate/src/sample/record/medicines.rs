//! `Medicines.csv`: no header; quantities as people write them.

use std::path::Path;

use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::people::day;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

/// The columns, in order; the file itself does not name them.
pub(crate) const FIELDS: &[&str] = &[
    "MedID",
    "PatientNo",
    "Drug",
    "Directions",
    "Qty",
    "Repeats",
    "Indication",
    "Started",
    "Ceased",
    "MedStatus",
];

const DRUGS: &[(&str, &str, &str)] = &[
    ("Amoxicillin 500 mg capsules", "1 three times a day for 5 days", "Chest infection"),
    ("Atorvastatin 20 mg", "1 at night", "Cholesterol"),
    ("Perindopril 5 mg", "1 in the morning", "Blood pressure"),
    ("Panadol Osteo", "2 up to three times a day, \"as needed\"", ""),
    ("Ventolin 100 mcg puffer", "2 puffs when tight\nvia spacer", "Asthma"),
    ("Old family liniment", "rub in", "Knee"),
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 7);
    let who: Vec<u32> = clinic.register.living.iter().copied().step_by(2).collect();
    let good = u32::try_from(who.len()).unwrap_or(0);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, 0, 1));
        bad.push(Bad::new("REQUIRED_EMPTY", 2, ""));
    }
    let mut sheet = Sheet::delimited((dir, "Medicines.csv"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, patient) in (0_u32..).zip(who) {
        let (drug, directions, indication) = random.pick(DRUGS);
        let ago = i64::from(random.below(900));
        let on = |days: i64| day(clinic.plan.today, -days).format("%-d/%-m/%Y").to_string();
        let ceased = if random.chance(300) { on(ago / 2) } else { String::new() };
        let mut qty = random.pick(&["20", "30", "1", ""]).to_owned();
        let (mut started, mut status) = (on(ago), random.pick(&["", "Current"]));
        if !ceased.is_empty() {
            status = random.pick(&["", "Ceased"]);
        }
        let mut notes = Vec::new();
        match i % 100 {
            3 => {
                qty = "2 x 30".into();
                notes.push(("NUM_TEXT", "Qty"));
            }
            13 => {
                qty = "0".into();
                notes.push(("VALUE_RANGE", "Qty"));
            }
            29 => {
                started = "last winter".into();
                notes.push(("DATE_UNPARSED", "Started"));
            }
            41 => {
                status = "??";
                notes.push(("VALUE_UNKNOWN", "MedStatus"));
            }
            _ => {}
        }
        let repeats = random.pick(&["0", "5", ""]);
        cells = [
            &format!("M{i}"),
            &number(patient),
            drug,
            directions,
            &qty,
            repeats,
            indication,
            &started,
            &ceased,
            status,
        ]
        .map(ToString::to_string)
        .to_vec();
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}
