//! `Patients.xml`: FMPXMLRESULT with phones as repetitions, alerts as returns, dates as they were typed.

mod dirt;
mod person;

use std::path::Path;

use dirt::{Dirt, plant};
use person::{Person, person};

use super::output::{Output, inside, xml_head};
use super::people::Doctor;
use super::random::Random;
use super::truth::TableTruth;
use super::{Plan, numbers};
use crate::error::Error;

/// Name, type, repetitions.
const FIELDS: &[(&str, &str, u32)] = &[
    ("PatientNo", "TEXT", 1),
    ("Title", "TEXT", 1),
    ("Surname", "TEXT", 1),
    ("GivenNames", "TEXT", 1),
    ("KnownAs", "TEXT", 1),
    ("DOB", "TEXT", 1), // typed as people liked: the file never checked it
    ("Age", "NUMBER", 1),
    ("Sex", "TEXT", 1),
    ("Gender", "TEXT", 1),
    ("Pronouns", "TEXT", 1),
    ("ATSI", "TEXT", 1),
    ("Interpreter", "TEXT", 1),
    ("DateDeceased", "DATE", 1),
    ("Phone", "TEXT", 3),
    ("Email", "TEXT", 1),
    ("NOK", "TEXT", 1),
    ("NOK Relationship", "TEXT", 1),
    ("NOK Phone", "TEXT", 1),
    ("Street", "TEXT", 1),
    ("Suburb", "TEXT", 1),
    ("State", "TEXT", 1),
    ("Postcode", "NUMBER", 1),
    ("MedicareNo", "TEXT", 1),
    ("MedicareRef", "NUMBER", 1),
    ("MedicareExpiry", "TEXT", 1),
    ("IHI", "TEXT", 1),
    ("DVA No", "TEXT", 1),
    ("DVA Colour", "TEXT", 1),
    ("Pension", "TEXT", 1),
    ("Usual Doctor", "TEXT", 1),
    ("Alerts", "TEXT", 1),
    ("FeesOwing", "NUMBER", 1),
];

/// What the appointments need to know of the patients.
#[derive(Debug, Default)]
pub(super) struct Register {
    /// Record numbers of the living, who may be booked.
    pub(super) living: Vec<u32>,
    /// Record numbers of those whose own record must be rejected.
    pub(super) rejected: Vec<u32>,
    /// A number that no patient ever had.
    pub(super) nobody: u32,
}

/// A record number as the clinic writes it.
pub(super) fn number(n: u32) -> String {
    format!("{n:06}")
}

/// FileMaker's own number of a record: rising, with gaps.
fn record_id(n: u32) -> u64 {
    u64::from(n) * 2
}

pub(super) fn write(
    plan: &Plan,
    staff: &[Doctor],
    dir: &Path,
    truth: &mut TableTruth,
) -> Result<Register, Error> {
    let mut random = Random::new(plan.seed, 2);
    let mut file = Output::create(inside(dir, "Patients.xml"))?;
    let dirty = Dirt::of(plan);
    file.text(&xml_head("Patient Export", plan.patients + dirty.rejected(), FIELDS))?;
    let mut register = Register::default();
    let mut n = 0;
    let every = (plan.patients / (dirty.rejected() + 1)).max(1);
    let mut planted = dirty.list().into_iter();
    for i in 0..plan.patients {
        n += 1 + random.below(3) / 2; // some were deleted
        let mut person = person(plan, staff, &mut random, n, i);
        truth.good();
        notes(&person, truth);
        if person.deceased.is_empty() {
            register.living.push(n);
        }
        let person_cells = cells(&mut random, &mut person, truth, i);
        file.row(record_id(n), 1 + u64::from(random.below(40)), &person_cells)?;
        if i % every == every - 1
            && let Some(reason) = planted.next()
        {
            n += 1;
            plant(
                reason,
                plan,
                staff,
                &mut random,
                (&mut n, i),
                (&mut file, truth, &mut register),
                &person_cells,
            )?;
        }
    }
    for reason in planted {
        n += 1;
        plant(reason, plan, staff, &mut random, (&mut n, 0), (&mut file, truth, &mut register), &[])?;
    }
    register.nobody = n + 7;
    file.text("</RESULTSET>\n</FMPXMLRESULT>\n")?;
    file.finish()?;
    Ok(register)
}

/// What the migrator must say about a person as generated.
fn notes(person: &Person, truth: &mut TableTruth) {
    if person.address.get(3).is_some_and(|postcode| postcode.len() == 3) {
        truth.note("POSTCODE_PADDED", "Postcode");
    }
}

/// The cells of a record; sprinkles the dirt that loads, and notes it. `i` picks which record gets which.
fn cells(random: &mut Random, person: &mut Person, truth: &mut TableTruth, i: u32) -> Vec<Option<String>> {
    match i % 500 {
        17 => {
            person.medicare = [numbers::medicare(random, false), "1".into(), "03/2028".into()];
            truth.note("IDENTIFIER_CHECK", "MedicareNo");
        }
        43 => {
            person.phones = ["0491 570".into(), String::new(), String::new()];
            truth.note("PHONE_RAW", "Phone(1)");
        }
        71 => {
            person.medicare = [numbers::medicare(random, true), "two".into(), "12/2027".into()];
            truth.note("NUM_TEXT", "MedicareRef");
        }
        97 => {
            person.medicare = [numbers::medicare(random, true), "2".into(), "see card".into()];
            truth.note("DATE_UNPARSED", "MedicareExpiry");
        }
        131 => {
            person.usual = "XXX".into();
            truth.note("ORPHAN", "Usual Doctor");
        }
        163 => {
            person.usual = " lee".into();
            truth.note("KEY_FOLDED", "Usual Doctor");
        }
        199 => {
            person.sex = "?";
            truth.note("VALUE_UNKNOWN", "Sex");
        }
        229 => {
            person.ihi = numbers::healthcare(random, "800360", false);
            truth.note("IDENTIFIER_CHECK", "IHI");
        }
        263 => person.family.push(' '),
        293 => person.given.push('\u{A0}'),
        331 => person.alerts = vec!["First line\u{0B}second line\u{02}".into()],
        359 => person.phones = ["ask for Con".into(), String::new(), String::new()],
        _ => {}
    }
    if i % 500 == 359 {
        truth.note("PHONE_RAW", "Phone(1)");
    }
    let [medicare, medicare_ref, medicare_expiry] = person.medicare.clone();
    let [dva, dva_colour] = person.dva.clone();
    let [street, suburb, state, postcode] = person.address.clone();
    let phones = person.phones.join("\u{1D}");
    // No related record is another thing than an empty value.
    let [nok, relation, nok_phone] = person.next_of_kin.clone().map_or([None, None, None], |k| k.map(Some));
    let text = |t: &str| Some(t.to_string());
    vec![
        text(&number(person.n)),
        text(person.title),
        text(&person.family),
        text(&person.given),
        text(&person.known_as),
        text(&person.born),
        text(&person.age),
        text(person.sex),
        text(person.gender),
        text(person.pronouns),
        text(person.atsi),
        text(person.interpreter),
        text(&person.deceased),
        Some(phones),
        text(&person.email),
        nok,
        relation,
        nok_phone,
        Some(street),
        Some(suburb),
        Some(state),
        Some(postcode),
        Some(medicare),
        Some(medicare_ref),
        Some(medicare_expiry),
        text(&person.ihi),
        Some(dva),
        Some(dva_colour),
        text(&person.pension),
        text(&person.usual),
        Some(person.alerts.join("\n")),
        text(&person.owing),
    ]
}
