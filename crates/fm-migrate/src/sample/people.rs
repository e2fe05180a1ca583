//! Who works at the sample clinic, and two who used to.

use chrono::{Datelike, Days, NaiveDate};

use super::names::{BACKGROUNDS, SHARES};
use super::random::Random;
use super::{Plan, numbers};

/// One practitioner.
#[derive(Clone, Debug)]
pub(super) struct Doctor {
    pub(super) code: String,
    pub(super) title: &'static str,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) profession: &'static str,
    pub(super) ahpra: String,
    pub(super) prescriber: String,
    pub(super) hpii: String,
    pub(super) providers: Vec<String>,
    pub(super) usual_min: u32,
    /// From 1.
    pub(super) room: u32,
    /// The last day of those who have left.
    pub(super) left_on: Option<NaiveDate>,
    /// 0 Monday … 4 Friday.
    pub(super) day_off: Option<u32>,
    /// Minutes of the day: begins, lunch from, lunch to, ends.
    pub(super) hours: [u32; 4],
    pub(super) saturdays: bool,
    /// First and last day.
    pub(super) leave: Vec<(NaiveDate, NaiveDate)>,
}

/// The six who always are there: code, title, given, family, profession.
const FIXED: &[(&str, &str, &str, &str, &str)] = &[
    ("LEE", "Dr", "Mei-Lin", "Lee", "General practitioner"),
    ("OBR", "Dr", "Thomas", "O\u{2019}Brien", "General practitioner"),
    ("RAM", "Dr", "Priya", "Raman", "General practitioner"),
    ("HAD", "Dr", "Layla", "Haddad", "General practitioner"),
    ("PAP", "Dr", "Nikos", "Papadopoulos", "General practitioner"),
    ("WAL", "Ms", "Karen", "Walker", "Practice nurse"),
];

/// Those who have left: their bookings stay.
const LEFT: &[(&str, &str, &str, &str)] =
    &[("FRA", "Dr", "Alistair", "Fraser"), ("IVA", "Dr", "Olga", "Ivanov")];

/// Everybody, those who have left last.
pub(super) fn staff(plan: &Plan) -> Vec<Doctor> {
    let mut random = Random::new(plan.seed, 1);
    let mut staff: Vec<Doctor> = Vec::new();
    for i in 0..plan.practitioners {
        let named = FIXED.get(i as usize).map(|&(code, title, given, family, profession)| {
            (code.to_string(), title, given.to_string(), family.to_string(), profession)
        });
        let (code, title, given, family, profession) = named.unwrap_or_else(|| invented(&mut random, i));
        let mut doctor = doctor(&mut random, i, code, (title, given, family, profession));
        if i % 5 == 1 {
            doctor.leave.push((day(plan.today, -160), day(plan.today, -147)));
        }
        if i % 5 == 3 {
            doctor.leave.push((day(plan.today, 15), day(plan.today, 26)));
        }
        staff.push(doctor);
    }
    for (i, &(code, title, given, family)) in (0_u32..).zip(LEFT) {
        let who = (title, given.to_string(), family.to_string(), "General practitioner");
        let mut doctor = doctor(&mut random, plan.practitioners + i, code.to_string(), who);
        doctor.left_on = Some(day(plan.today, -400 - 150 * i64::from(i)));
        doctor.saturdays = false;
        staff.push(doctor);
    }
    staff
}

fn invented(random: &mut Random, i: u32) -> (String, &'static str, String, String, &'static str) {
    let background = BACKGROUNDS.get(random.weighted(SHARES)).or(BACKGROUNDS.first());
    let given = background
        .map(|b| if random.chance(500) { random.pick(b.feminine) } else { random.pick(b.masculine) });
    let family = background.map(|b| random.pick(b.family)).unwrap_or_default();
    let letters: String = family.chars().filter(char::is_ascii_alphabetic).take(3).collect();
    let code = format!("{}{i:02}", letters.to_ascii_uppercase());
    let profession =
        random.weighted(&[(7, "General practitioner"), (2, "Practice nurse"), (1, "Physiotherapist")]);
    let title = if profession == "General practitioner" { "Dr" } else { "Ms" };
    (code, title, given.unwrap_or_default().to_string(), family.to_string(), profession)
}

fn doctor(
    random: &mut Random,
    i: u32,
    code: String,
    who: (&'static str, String, String, &'static str),
) -> Doctor {
    let (title, given, family, profession) = who;
    let nurse = profession != "General practitioner";
    let lunch = *[12 * 60 + 30, 13 * 60, 12 * 60].get(i as usize % 3).unwrap_or(&750);
    Doctor {
        code,
        title,
        given,
        family,
        profession,
        ahpra: numbers::ahpra(random),
        prescriber: format!("{}", 1_000_000 + random.below(899_999)),
        hpii: numbers::healthcare(random, "800361", true),
        // The third one's number is among those that were issued without passing the check.
        providers: if nurse {
            Vec::new()
        } else {
            vec![numbers::provider(random, i != 2), numbers::provider(random, true)]
        },
        usual_min: if nurse { 10 } else { 15 },
        room: i + 1,
        left_on: None,
        day_off: if i == 0 { None } else { Some((i * 2) % 5) },
        hours: [9 * 60, lunch, lunch + if i.is_multiple_of(2) { 60 } else { 45 }, 17 * 60],
        saturdays: i.is_multiple_of(3),
        leave: Vec::new(),
    }
}

/// So many days from `today`.
pub(super) fn day(today: NaiveDate, days: i64) -> NaiveDate {
    let n = Days::new(days.unsigned_abs());
    if days < 0 { today.checked_sub_days(n) } else { today.checked_add_days(n) }.unwrap_or(today)
}

/// 0 Monday … 6 Sunday.
pub(super) fn weekday(date: NaiveDate) -> u32 {
    date.weekday().num_days_from_monday()
}
