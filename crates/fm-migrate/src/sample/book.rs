//! The appointment book before it becomes text: who, when, how long, how it went.

use std::collections::HashSet;

use wattle_domain::time::{ClinicZone, Resolved};

use super::Plan;
use super::patients::Register;
use super::people::{Doctor, day};
use super::random::Random;
use super::roster::sessions;

/// Code, name, minutes, hue, how often per cent.
pub(super) const TYPES: &[(&str, &str, u32, u32, u32)] = &[
    ("STD", "Standard consultation", 15, 1, 44),
    ("SHORT", "Short consultation", 10, 2, 16),
    ("LONG", "Long consultation", 30, 3, 12),
    ("NEW", "New patient", 20, 4, 7),
    ("IMM", "Immunisation", 10, 5, 8),
    ("TEL", "Telehealth", 15, 6, 6),
    ("PROC", "Procedure", 20, 7, 3),
    ("PLAN", "Care plan", 30, 8, 4),
];

/// How a booking went or stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Went {
    #[default]
    Booked,
    Confirmed,
    Arrived,
    InConsult,
    Done,
    NotAttended,
    Cancelled,
}

/// One booking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Days from today.
    pub(super) day: i32,
    /// Minute of the day.
    pub(super) start_min: u32,
    pub(super) length_min: u32,
    /// Index into the staff.
    pub(super) doctor: u32,
    /// Index into [`TYPES`].
    pub(super) kind: u32,
    pub(super) went: Went,
    pub(super) patient: u32,
    /// Booked over the one before it.
    pub(super) overlap: bool,
}

/// Days of the book that lie ahead.
const AHEAD: i64 = 91;
/// Days back that the book should reach.
const BACK: i64 = 730;

/// A book of exactly `plan.appointments`, in order of time.
pub(super) fn fill(plan: &Plan, staff: &[Doctor], register: &Register) -> Vec<Slot> {
    let mut random = Random::new(plan.seed, 3);
    let mut book: Vec<Slot> = Vec::with_capacity(plan.appointments as usize);
    let nights = if plan.appointments < 1_000 { Vec::new() } else { nights(plan, register, &mut random) };
    let wanted = plan.appointments as usize - nights.len();
    for days in std::iter::once(0).chain(1..=AHEAD) {
        // Full today, then thinner the further ahead.
        let filled = if days == 0 { 900 } else { u32::try_from(820 - days * 8).unwrap_or(90) };
        one_day(plan, staff, register, &mut random, (days, filled), &mut book);
    }
    book.truncate(wanted);
    // So full that two years back use up what is left; fuller than that makes the book reach further back instead.
    let capacity: usize =
        (1..=BACK).map(|d| staff.iter().map(|s| minutes(s, plan, -d)).sum::<u32>() as usize).sum();
    let left = wanted - book.len();
    let empty = capacity.saturating_sub(left * 13 / 10).max(1);
    let filled = u32::try_from(left * 15_000 / empty).unwrap_or(u32::MAX).clamp(3, 880);
    let mut days = -1;
    while book.len() < wanted && days > -20_000 {
        one_day(plan, staff, register, &mut random, (days, filled), &mut book);
        days -= 1;
    }
    book.truncate(wanted);
    overlaps(plan, register, &mut random, &mut book);
    book.extend(nights);
    book.sort_by_key(|s| (s.day, s.start_min, s.doctor, s.overlap));
    book
}

/// House calls in the nights when clocks change: a quarter past two comes twice, or never.
fn nights(plan: &Plan, register: &Register, random: &mut Random) -> Vec<Slot> {
    let two_fifteen = |days: i64| day(plan.today, days).and_hms_opt(2, 15, 0).unwrap_or_default();
    (-BACK..=AHEAD)
        .filter(|&days| !matches!(ClinicZone::default().resolve(two_fifteen(days)), Resolved::Exact(_)))
        .map(|days| Slot {
            day: i32::try_from(days).unwrap_or(0),
            start_min: 135,
            length_min: 15,
            doctor: 0,
            kind: 0,
            went: if days < 0 { Went::Done } else { Went::Booked },
            patient: regular(register, random),
            overlap: false,
        })
        .collect()
}

fn minutes(doctor: &Doctor, plan: &Plan, days: i64) -> u32 {
    sessions(doctor, day(plan.today, days), plan.today).iter().map(|[from, to]| to - from).sum()
}

fn one_day(
    plan: &Plan,
    staff: &[Doctor],
    register: &Register,
    random: &mut Random,
    (days, filled): (i64, u32),
    book: &mut Vec<Slot>,
) {
    let date = day(plan.today, days);
    let mut seen = HashSet::new();
    for (doctor, who) in (0_u32..).zip(staff) {
        for [from, to] in sessions(who, date, plan.today) {
            session(plan, random, (doctor, who, days), (from, to, filled), book);
        }
    }
    // Nobody is in two places on one day.
    for slot in book.iter_mut().rev().take_while(|s| i64::from(s.day) == days) {
        for _ in 0..8 {
            slot.patient = regular(register, random);
            if seen.insert(slot.patient) {
                break;
            }
        }
    }
}

/// A patient, some far oftener than others.
fn regular(register: &Register, random: &mut Random) -> u32 {
    let n = u32::try_from(register.living.len()).unwrap_or(0);
    let within = if random.chance(400) { n / 5 + 1 } else { n };
    let index = random.below(within.min(n));
    // Scattered, so that the regulars are not the oldest records.
    let scattered = (u64::from(index) * 7_919 + 13) % u64::from(n.max(1));
    register.living.get(scattered as usize).copied().unwrap_or(1)
}

fn session(
    plan: &Plan,
    random: &mut Random,
    (doctor, who, days): (u32, &Doctor, i64),
    (from, to, filled): (u32, u32, u32),
    book: &mut Vec<Slot>,
) {
    let weights: Vec<(u32, u32)> = (0_u32..).zip(TYPES).map(|(i, t)| (t.4, i)).collect();
    let mut at = from;
    while at + 10 <= to {
        if !random.chance(filled) {
            at += 15;
            continue;
        }
        let mut kind = random.weighted(&weights);
        if who.usual_min == 10 {
            kind = random.pick(&[1, 4, 4, 6]);
        }
        let mut length_min = TYPES.get(kind as usize).map_or(15, |t| t.2);
        if at + length_min > to {
            kind = 1;
            length_min = 10;
        }
        let went = went(plan, random, days, at, length_min);
        let day = i32::try_from(days).unwrap_or(0);
        book.push(Slot { day, start_min: at, length_min, doctor, kind, went, patient: 0, overlap: false });
        at += length_min;
    }
}

fn went(plan: &Plan, random: &mut Random, days: i64, at: u32, length_min: u32) -> Went {
    let past = &[(860, Went::Done), (50, Went::NotAttended), (75, Went::Cancelled), (15, Went::Booked)];
    match days {
        ..0 => random.weighted(past),
        0 if at + length_min <= plan.now_min => {
            random.weighted(&[(900, Went::Done), (50, Went::NotAttended), (50, Went::Cancelled)])
        }
        0 if at <= plan.now_min => Went::InConsult,
        0 if at <= plan.now_min + 25 => random.weighted(&[(700, Went::Arrived), (300, Went::Confirmed)]),
        0..=3 => random.weighted(&[(550, Went::Confirmed), (430, Went::Booked), (20, Went::Cancelled)]),
        _ => random.weighted(&[(80, Went::Confirmed), (890, Went::Booked), (30, Went::Cancelled)]),
    }
}

/// Replaces a few bookings by ones laid over another, as a desk in a hurry does.
fn overlaps(plan: &Plan, register: &Register, random: &mut Random, book: &mut [Slot]) {
    let wanted = if book.len() < 100 { 0 } else { plan.dirt(8) as usize };
    let n = u32::try_from(book.len()).unwrap_or(0);
    let mut used = HashSet::new();
    let (mut made, mut tries) = (0, 0);
    while made < wanted && tries < 10_000 {
        tries += 1;
        // The first two of them today, where people look.
        let (over, moved) = (random.below(if made < 2 { n.min(60) } else { n }), random.below(n));
        let occupies = |s: &Slot| !matches!(s.went, Went::Cancelled | Went::NotAttended);
        if over == moved || used.contains(&over) || used.contains(&moved) {
            continue;
        }
        let Some(below) = book.get(over as usize).copied().filter(|s| occupies(s) && s.length_min >= 15)
        else {
            continue;
        };
        let Some(slot) = book.get_mut(moved as usize).filter(|s| s.day < -1) else { continue };
        let went = if below.went == Went::InConsult { Went::Arrived } else { below.went };
        *slot = Slot {
            length_min: 10,
            kind: 1,
            went,
            overlap: true,
            patient: regular(register, random),
            ..below
        };
        used.extend([over, moved]);
        made += 1;
    }
}
