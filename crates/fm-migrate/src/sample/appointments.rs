//! `Appointments.csv`: no header, CR records, dates and times as they were typed over the years.

use std::path::Path;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use wattle_domain::time::{ClinicZone, Resolved};

use super::Plan;
use super::book::{Slot, TYPES, Went, fill};
use super::output::{Output, inside};
use super::patients::{Register, number};
use super::people::{Doctor, day};
use super::random::Random;
use super::record::Visit;
use super::truth::TableTruth;
use crate::error::Error;

/// The columns, in order; the file itself does not name them.
pub(super) const FIELDS: &[&str] = &[
    "ApptID",
    "PatientNo",
    "PracCode",
    "ApptDate",
    "StartTime",
    "Duration",
    "Type",
    "Room",
    "Status",
    "ArrivedTS",
    "StartedTS",
    "FinishedTS",
    "CancelReason",
    "Notes",
    "CreatedTS",
    "ChangedTS",
];

const KEY: usize = 0;
const PATIENT: usize = 1;
const PRACTITIONER: usize = 2;
const DATE: usize = 3;
const TIME: usize = 4;
const DURATION: usize = 5;
const KIND: usize = 6;
const STATUS: usize = 8;
const NOTES: usize = 13;

pub(super) fn write(
    plan: &Plan,
    staff: &[Doctor],
    register: &Register,
    dir: &Path,
    truth: &mut TableTruth,
) -> Result<Vec<Visit>, Error> {
    let mut visits = Vec::new();
    let mut random = Random::new(plan.seed, 4);
    let mut file = Output::create(inside(dir, "Appointments.csv"))?;
    let book = fill(plan, staff, register);
    let mut dirt = dirt(plan, register).into_iter();
    let every = (book.len() / (dirt.len() + 1)).max(1);
    let mut key = 100_000_u32;
    let mut wrote = Vec::new();
    for (i, slot) in book.iter().enumerate() {
        key += 1;
        truth.good();
        wrote = cells(plan, staff, &mut random, slot, key);
        notes(plan, slot, &wrote, truth);
        sprinkle(i, &mut wrote, truth);
        file.csv(&wrote)?;
        if slot.went == Went::Done && plan.notes > 0 {
            let Slot { patient, doctor, day, start_min, .. } = *slot;
            visits.push(Visit { key, patient, doctor, day, start_min });
        }
        if i % every == every - 1
            && let Some(bad) = dirt.next()
        {
            key += 1;
            plant(&bad, &wrote, key, &mut file, truth)?;
        }
    }
    for bad in dirt.filter(|_| !wrote.is_empty()) {
        key += 1;
        plant(&bad, &wrote, key, &mut file, truth)?;
    }
    file.finish()?;
    Ok(visits)
}

/// A planted reject: what it must be called, and the change to the record before it that makes it.
struct Bad {
    code: &'static str,
    cell: Option<usize>,
    value: String,
}

fn dirt(plan: &Plan, register: &Register) -> Vec<Bad> {
    let mut all = Vec::new();
    let mut add = |times: u32, code: &'static str, cell: usize, values: &[&str]| {
        for i in 0..plan.dirt(times) {
            let value = values.get(i as usize % values.len().max(1)).copied().unwrap_or_default();
            all.push(Bad { code, cell: Some(cell), value: value.into() });
        }
    };
    let nobody = number(register.nobody);
    add(6, "ORPHAN", PATIENT, &[&nobody, "000000", "9"]);
    add(2, "NUM_TEXT", DURATION, &["15 min", "2 x 15", "long"]);
    add(3, "ORPHAN", PRACTITIONER, &["SMI", "LOCUM"]);
    add(2, "DATE_UNPARSED", DATE, &["30/02/2026", "Tuesday"]);
    add(2, "NULL_KEY", KEY, &["", " "]);
    add(2, "TIME_UNPARSED", TIME, &["25:10", "after lunch"]);
    add(2, "VALUE_UNKNOWN", STATUS, &["???", "see Maria"]);
    add(2, "DURATION_RANGE", DURATION, &["0", "2000"]);
    add(1, "VALUE_UNKNOWN", KIND, &["Aquarium"]);
    add(1, "REQUIRED_EMPTY", PATIENT, &[""]);
    add(2, "DUPLICATE_KEY", KEY, &["same"]);
    add(1, "DUPLICATE_KEY", KEY, &["other"]);
    add(2, "COLUMN_COUNT", NOTES, &[""]);
    let parents = register.rejected.iter().take(4);
    all.extend(parents.map(|n| Bad { code: "PARENT_REJECTED", cell: Some(PATIENT), value: number(*n) }));
    all
}

fn plant(
    bad: &Bad,
    before: &[String],
    key: u32,
    file: &mut Output,
    truth: &mut TableTruth,
) -> Result<(), Error> {
    let cell = bad.cell.unwrap_or(KEY);
    let column = FIELDS.get(cell).copied().unwrap_or_default();
    let mut row = before.to_vec();
    let mut set = |cell: usize, value: String| {
        if let Some(place) = row.get_mut(cell) {
            *place = value;
        }
    };
    set(KEY, key.to_string());
    match (bad.code, bad.value.as_str()) {
        ("DUPLICATE_KEY", "same") => {
            truth.reject(bad.code, column);
            file.csv(before)
        }
        ("DUPLICATE_KEY", _) => {
            // Two different bookings under one new number: neither can be trusted.
            set(NOTES, "one".into());
            truth.reject(bad.code, column);
            file.csv(&row)?;
            if let Some(notes) = row.get_mut(NOTES) {
                *notes = "other".into();
            }
            truth.reject(bad.code, column);
            file.csv(&row)
        }
        ("COLUMN_COUNT", _) => {
            row.truncate(cell);
            truth.reject(bad.code, "");
            file.csv(&row)
        }
        (code, value) => {
            set(cell, value.into());
            truth.reject(code, column);
            file.csv(&row)
        }
    }
}

/// Oddities that load all the same.
fn sprinkle(i: usize, row: &mut [String], truth: &mut TableTruth) {
    let mut change = |cell: usize, change: &dyn Fn(&str) -> String| {
        if let Some(place) = row.get_mut(cell) {
            *place = change(place);
        }
    };
    match i % 3_000 {
        311 => {
            change(PRACTITIONER, &|code| format!("{} ", code.to_ascii_lowercase()));
            truth.note("KEY_FOLDED", "PracCode");
        }
        977 => {
            change(PATIENT, &|n| format!("{n}\u{A0}"));
            truth.note("KEY_FOLDED", "PatientNo");
        }
        1_409 => change(STATUS, &str::to_uppercase),
        1_811 => change(DURATION, &|n| format!(" {n} ")),
        2_203 => {
            change(7, &|_| "Room 99".into());
            truth.note("ORPHAN", "Room");
        }
        2_609 => {
            change(9, &|_| "early".into());
            truth.note("DATE_UNPARSED", "ArrivedTS");
        }
        _ => {}
    }
}

/// What must be said about a booking as generated.
fn notes(plan: &Plan, slot: &Slot, row: &[String], truth: &mut TableTruth) {
    if slot.overlap {
        truth.note("DOUBLE_BOOKED", "StartTime");
    }
    if slot.start_min != 135 {
        return;
    }
    let at = date(plan, slot).and_hms_opt(2, 15, 0).unwrap_or_default();
    let code = match ClinicZone::default().resolve(at) {
        Resolved::Exact(_) => return,
        Resolved::Ambiguous { .. } => "TIME_AMBIGUOUS",
        Resolved::Missing { .. } => "TIME_MISSING",
    };
    truth.note(code, "StartTime");
    // A visit that is over was last changed when it ended, in the same hour.
    let stamps: &[usize] = if slot.went == Went::Done { &[9, 10, 11, 15] } else { &[] };
    for &cell in stamps {
        if row.get(cell).is_some_and(|text| !text.is_empty()) {
            truth.note(code, FIELDS.get(cell).copied().unwrap_or_default());
        }
    }
}

fn date(plan: &Plan, slot: &Slot) -> NaiveDate {
    day(plan.today, i64::from(slot.day))
}

fn cells(plan: &Plan, staff: &[Doctor], random: &mut Random, slot: &Slot, key: u32) -> Vec<String> {
    let date = date(plan, slot);
    let start = date.and_hms_opt(slot.start_min / 60, slot.start_min % 60, 0).unwrap_or_default();
    let now = plan.today.and_hms_opt(plan.now_min / 60, plan.now_min % 60, 0).unwrap_or_default();
    let doctor = staff.get(slot.doctor as usize);
    let kind = TYPES.get(slot.kind as usize);
    let night = slot.start_min == 135;
    let mut at = |minutes: i32, latest: NaiveDateTime| {
        let at = start
            + TimeDelta::seconds(
                i64::from(minutes) * 60 + if night { 12 } else { i64::from(random.below(60)) },
            );
        at.min(latest)
    };
    let seen = matches!(slot.went, Went::Done | Went::InConsult | Went::Arrived);
    let arrived = seen.then(|| at(if night { -5 } else { -4 }, now));
    let started = matches!(slot.went, Went::Done | Went::InConsult).then(|| at(1, now));
    let finished =
        (slot.went == Went::Done).then(|| at(i32::try_from(slot.length_min).unwrap_or(15) - 1, now));
    let created = made(random, plan, date, now);
    let changed =
        finished.or(started).or(arrived).unwrap_or_else(|| (created + TimeDelta::hours(3)).min(now));
    // Some days nobody pressed the button.
    let forgot = slot.went == Went::Done && !night && random.chance(25);
    let stamp = |random: &mut Random, at: Option<NaiveDateTime>| {
        at.map(|at| typed_stamp(random, at)).unwrap_or_default()
    };
    vec![
        key.to_string(),
        number(slot.patient),
        doctor.map(|d| d.code.clone()).unwrap_or_default(),
        typed_date(random, date),
        typed_time(random, slot.start_min),
        slot.length_min.to_string(),
        kind.map_or("", |t| if random.chance(950) { t.1 } else { t.0 }).to_string(),
        if night { String::new() } else { format!("Room {}", doctor.map_or(1, |d| d.room)) },
        status(random, slot.went).to_string(),
        if forgot { String::new() } else { stamp(random, arrived) },
        if forgot { String::new() } else { stamp(random, started) },
        if forgot { String::new() } else { stamp(random, finished) },
        if slot.went == Went::Cancelled { reason(random).to_string() } else { String::new() },
        note(random).to_string(),
        stamp(random, Some(created)),
        stamp(random, Some(changed)),
    ]
}

/// When it was put in the book: in opening hours, before the export.
fn made(random: &mut Random, plan: &Plan, date: NaiveDate, now: NaiveDateTime) -> NaiveDateTime {
    let ahead = random.weighted(&[(30, 1), (30, 7), (25, 21), (15, 60)]);
    let on =
        date.min(plan.today).checked_sub_days(Days::new(u64::from(1 + random.below(ahead)))).unwrap_or(date);
    let minute = 9 * 60 + random.below(8 * 60);
    on.and_hms_opt(minute / 60, minute % 60, random.below(60)).unwrap_or_default().min(now)
}

fn status(random: &mut Random, went: Went) -> &'static str {
    match went {
        Went::Booked => random.weighted(&[(950, "Booked"), (50, "booked ")]),
        Went::Confirmed => random.weighted(&[(900, "Confirmed"), (100, "SMS ok")]),
        Went::Arrived => "Arrived",
        Went::InConsult => "In consult",
        Went::Done => random.weighted(&[(960, "Done"), (25, "DONE"), (15, "Finished")]),
        Went::NotAttended => random.weighted(&[(800, "DNA"), (200, "Did not attend")]),
        Went::Cancelled => random.weighted(&[(850, "Cancelled"), (100, "Canceled"), (50, "cancelled ")]),
    }
}

fn reason(random: &mut Random) -> &'static str {
    random.pick(&[
        "Rang to cancel",
        "Feeling better",
        "Away for work",
        "",
        "Moved to another clinic",
        "By SMS",
    ])
}

fn note(random: &mut Random) -> &'static str {
    random.weighted(&[
        (930, ""),
        (15, "Results please"),
        (15, "Script only"),
        (10, "Bring last letters\nfrom the hospital"),
        (10, "Running late, rang ahead"),
        (8, "Pre-employment form, \"4 pages\""),
        (6, "Mum\u{2019}s coming too"),
        (6, "Blood pressure check"),
    ])
}

fn typed_date(random: &mut Random, date: NaiveDate) -> String {
    let form = random.weighted(&[
        (900, "%-d/%-m/%Y"),
        (50, "%d/%m/%Y"),
        (25, "%-d.%-m.%Y"),
        (15, "%-d-%-m-%Y"),
        (10, "%-d %b %Y"),
    ]);
    date.format(form).to_string()
}

fn typed_time(random: &mut Random, minute: u32) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let half = if hour < 12 { "am" } else { "pm" };
    match random.below(20) {
        0..=15 => format!("{hour}:{minute:02}:00"),
        16 => format!("{hour:02}:{minute:02}"),
        17 => format!("{twelve}:{minute:02} {half}"),
        18 => format!("{twelve}.{minute:02}{half}"),
        _ => format!("{twelve}:{minute:02}:00 {}", half.to_uppercase()),
    }
}

fn typed_stamp(random: &mut Random, at: NaiveDateTime) -> String {
    let form = random.weighted(&[
        (940, "%-d/%-m/%Y %-H:%M:%S"),
        (30, "%d.%m.%Y %H:%M:%S"),
        (30, "%-d/%-m/%Y %-I:%M:%S %p"),
    ]);
    at.format(form).to_string()
}
