//! `Practitioners.mer`: a header, Windows-1252, and provider numbers as repetitions.

use std::path::Path;

use super::Plan;
use super::output::{Output, csv_record, inside};
use super::people::Doctor;
use super::truth::TableTruth;
use crate::error::Error;

/// The fields, in order.
pub(super) const FIELDS: &[&str] = &[
    "PracCode",
    "Title",
    "GivenName",
    "Surname",
    "Profession",
    "AHPRA",
    "PrescriberNo",
    "HPII",
    "ProviderNo",
    "UsualMinutes",
    "Room",
    "Status",
    "FinishDate",
];

pub(super) fn write(plan: &Plan, staff: &[Doctor], dir: &Path, truth: &mut TableTruth) -> Result<(), Error> {
    let mut file = Output::create(inside(dir, "Practitioners.mer"))?;
    let mut text = String::new();
    csv_record(&mut text, FIELDS);
    for (i, doctor) in staff.iter().enumerate() {
        truth.good();
        let mut minutes = doctor.usual_min.to_string();
        if doctor.left_on.is_some() && i + 1 == staff.len() {
            minutes = "15 or 20".into();
            truth.note("NUM_TEXT", "UsualMinutes");
        }
        if i == 2 && !doctor.providers.is_empty() {
            truth.note("IDENTIFIER_CHECK", "ProviderNo");
        }
        csv_record(&mut text, &cells(doctor, minutes));
    }
    if plan.dirt(1) > 0 {
        // Somebody pressed New Record and went home.
        truth.reject("NULL_KEY", "PracCode");
        csv_record(&mut text, &["", "Dr", "", "", "", "", "", "", "", "", "", "Active", ""]);
        // The first one's record, duplicated and never changed.
        if let Some(doctor) = staff.first() {
            truth.reject("DUPLICATE_KEY", "PracCode");
            csv_record(&mut text, &cells(doctor, doctor.usual_min.to_string()));
        }
    }
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    file.bytes(&bytes)?;
    file.finish()
}

fn cells(doctor: &Doctor, minutes: String) -> Vec<String> {
    vec![
        doctor.code.clone(),
        doctor.title.into(),
        doctor.given.clone(),
        doctor.family.clone(),
        doctor.profession.into(),
        doctor.ahpra.clone(),
        doctor.prescriber.clone(),
        doctor.hpii.clone(),
        doctor.providers.join("\u{1D}"),
        minutes,
        format!("Room {}", doctor.room),
        if doctor.left_on.is_some() { "Left".into() } else { "Active".into() },
        doctor.left_on.map(|d| d.format("%-d/%-m/%Y").to_string()).unwrap_or_default(),
    ]
}
