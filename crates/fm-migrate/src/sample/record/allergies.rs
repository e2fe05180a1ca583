//! `Allergies.mer`: one a record, or a list that somebody typed into one field.

use std::path::Path;

use super::{Bad, Clinic, Sheet};
use crate::error::Error;
use crate::sample::patients::number;
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

const FIELDS: &[&str] = &["AllergyID", "PatientNo", "Allergen", "Kind", "Reaction", "Severity", "Onset"];

const ALLERGENS: &[(&str, &str)] = &[
    ("Penicillin", "Rash"),
    ("Penicillin\nNuts\n\n Penicillin ", ""),
    ("Cephalexin", "Hives"),
    ("Nil known", ""),
    ("Bee sting", "Anaphylaxis"),
    ("Aunt Maria\u{2019}s hair dye", "Swelling of the face"),
    ("NIL KNOWN", ""),
    ("Codeine", "Vomiting"),
];

pub(super) fn write(clinic: &Clinic<'_>, dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut random = Random::new(clinic.plan.seed, 6);
    let who: Vec<u32> = clinic.register.living.iter().copied().step_by(3).collect();
    let good = u32::try_from(who.len()).unwrap_or(0);
    let mut bad = Vec::new();
    for _ in 0..clinic.plan.dirt(1) {
        bad.extend(Bad::usual(clinic, 0, 1));
        bad.push(Bad::new("REQUIRED_EMPTY", 2, " "));
    }
    let mut sheet = Sheet::delimited((dir, "Allergies.mer"), FIELDS, good, bad, truth)?;
    let mut cells = Vec::new();
    for (i, patient) in (0_u32..).zip(who) {
        let (allergen, reaction) = random.pick(ALLERGENS);
        let kind = if allergen == "Codeine" { "Intolerance" } else { "" };
        let mut severity = random.pick(&["", "Mild", "Severe", "moderate "]);
        let mut onset = random.pick(&["", "3/2019", "1/7/2008"]);
        let mut notes = Vec::new();
        match i % 100 {
            7 => {
                severity = "quite bad";
                notes.push(("VALUE_UNKNOWN", "Severity"));
            }
            19 => {
                onset = "as a child";
                notes.push(("DATE_UNPARSED", "Onset"));
            }
            _ => {}
        }
        cells = [&format!("A{i}"), &number(patient), allergen, kind, reaction, severity, onset]
            .map(ToString::to_string)
            .to_vec();
        sheet.good(&cells, &notes)?;
    }
    sheet.finish(&cells)
}
