//! Patients that must be rejected, each for one reason.

use super::person::{Person, person};
use super::{FIELDS, Register, cells, record_id};
use crate::error::Error;
use crate::sample::Plan;
use crate::sample::output::Output;
use crate::sample::people::{Doctor, day};
use crate::sample::random::Random;
use crate::sample::truth::TableTruth;

/// The ways in which a patient's record must be rejected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    NullKey,
    /// The record before, once more.
    SameTwice,
    /// Two people under one number.
    TwoUnderOne,
    BornNever(&'static str),
    BornAmbiguous(&'static str),
    BornTomorrow,
    NoName,
    CutRow,
}

/// How much of it.
pub(super) struct Dirt(u32);

impl Dirt {
    pub(super) fn of(plan: &Plan) -> Self {
        Self(plan.dirt(2))
    }

    pub(super) fn list(&self) -> Vec<Reason> {
        let one = [
            Reason::NullKey,
            Reason::BornNever("31/02/1971"),
            Reason::TwoUnderOne,
            Reason::BornAmbiguous("12/3/19"),
            Reason::SameTwice,
            Reason::NoName,
            Reason::BornNever("about 1950"),
            Reason::BornTomorrow,
            Reason::BornAmbiguous("1.7.08"),
            Reason::CutRow,
        ];
        one.iter().copied().cycle().take(one.len() * self.0 as usize).collect()
    }

    pub(super) fn rejected(&self) -> u32 {
        self.list().iter().map(|r| if *r == Reason::TwoUnderOne { 2 } else { 1 }).sum()
    }
}

/// Where records and what is said of them go.
type Written<'a> = (&'a mut Output, &'a mut TableTruth, &'a mut Register);

/// Writes a record that must be rejected. `before` is the record before it.
pub(super) fn plant(
    reason: Reason,
    plan: &Plan,
    staff: &[Doctor],
    random: &mut Random,
    (n, i): (&mut u32, u32),
    (file, truth, register): Written<'_>,
    before: &[Option<String>],
) -> Result<(), Error> {
    // A reject's own oddities are not noted: only its reason is.
    let mut unseen = TableTruth::default();
    let mut one = |random: &mut Random, number: u32, change: &dyn Fn(&mut Person)| {
        let mut person = person(plan, staff, random, number, i);
        change(&mut person);
        cells(random, &mut person, &mut unseen, u32::MAX)
    };
    let record_id = record_id(*n);
    match reason {
        Reason::NullKey => {
            truth.reject("NULL_KEY", "PatientNo");
            let mut row = one(random, *n, &|_| {});
            row.first_mut().map(|key| key.replace(String::new()));
            file.row(record_id, 1, &row)
        }
        Reason::SameTwice if before.is_empty() => {
            truth.reject("NULL_KEY", "PatientNo");
            file.row(record_id, 1, &vec![Some(String::new()); FIELDS.len()])
        }
        Reason::SameTwice => {
            truth.reject("DUPLICATE_KEY", "PatientNo");
            file.row(record_id, 1, before)
        }
        Reason::TwoUnderOne => {
            register.rejected.push(*n);
            for other in 0..2 {
                truth.reject("DUPLICATE_KEY", "PatientNo");
                let row = one(random, *n, &|p| p.email = format!("other{other}@example.com"));
                file.row(record_id + other, 1, &row)?;
            }
            Ok(())
        }
        Reason::BornNever(text) => {
            register.rejected.push(*n);
            truth.reject("DATE_UNPARSED", "DOB");
            file.row(record_id, 1, &one(random, *n, &|p| p.born = text.into()))
        }
        Reason::BornAmbiguous(text) => {
            register.rejected.push(*n);
            truth.reject("DATE_AMBIGUOUS", "DOB");
            file.row(record_id, 1, &one(random, *n, &|p| p.born = text.into()))
        }
        Reason::BornTomorrow => {
            register.rejected.push(*n);
            truth.reject("DATE_FUTURE", "DOB");
            let text = day(plan.today, 12).format("%-d/%-m/%Y").to_string();
            file.row(record_id, 1, &one(random, *n, &|p| p.born.clone_from(&text)))
        }
        Reason::NoName => {
            truth.reject("REQUIRED_EMPTY", "Surname");
            let nameless = |p: &mut Person| {
                (p.family, p.given) = (" ".into(), String::new());
            };
            file.row(record_id, 1, &one(random, *n, &nameless))
        }
        Reason::CutRow => {
            truth.reject("COLUMN_COUNT", "");
            let mut row = one(random, *n, &|_| {});
            row.truncate(20);
            file.row(record_id, 1, &row)
        }
    }
}
