//! One made-up person, with the forms in which people type names, dates and numbers.

use chrono::{Datelike, NaiveDate};

use crate::sample::names::{BACKGROUNDS, Background, KNOWN_AS, SHARES};
use crate::sample::people::{Doctor, day};
use crate::sample::places::{ELSEWHERE, STREETS, SUBURBS};
use crate::sample::random::Random;
use crate::sample::{Plan, numbers};

/// A person before they become cells.
#[derive(Clone, Default)]
pub(super) struct Person {
    pub(super) n: u32,
    pub(super) title: &'static str,
    pub(super) family: String,
    pub(super) given: String,
    pub(super) known_as: String,
    pub(super) born: String,
    pub(super) age: String,
    pub(super) sex: &'static str,
    pub(super) gender: &'static str,
    pub(super) pronouns: &'static str,
    pub(super) atsi: &'static str,
    pub(super) interpreter: &'static str,
    pub(super) deceased: String,
    pub(super) phones: [String; 3],
    pub(super) email: String,
    pub(super) next_of_kin: Option<[String; 3]>,
    pub(super) address: [String; 4],
    pub(super) medicare: [String; 3],
    pub(super) ihi: String,
    pub(super) dva: [String; 2],
    pub(super) pension: String,
    pub(super) usual: String,
    pub(super) alerts: Vec<String>,
    pub(super) owing: String,
}

/// The `i`th person, under record number `n`.
pub(super) fn person(plan: &Plan, staff: &[Doctor], random: &mut Random, n: u32, i: u32) -> Person {
    let nobody = Background { family: &[], feminine: &[], masculine: &[] };
    let from = BACKGROUNDS.get(random.weighted(SHARES)).unwrap_or(&nobody);
    let woman = random.chance(540);
    let given = if woman { random.pick(from.feminine) } else { random.pick(from.masculine) };
    let age_days =
        random.weighted(&[(16, (0, 15)), (18, (15, 35)), (28, (35, 60)), (30, (60, 85)), (8, (85, 99))]);
    let born = day(plan.today, -i64::from(random.between(age_days.0 * 365 + 1, age_days.1 * 365 + 300)));
    let age = plan.today.year() - born.year();
    let mut phones = [String::new(), String::new(), String::new()];
    {
        let [mobile, home, work] = &mut phones;
        if age > 14 && random.chance(930) {
            *mobile = numbers::typed(random, &numbers::mobile(i));
        }
        if mobile.is_empty() || random.chance(330) {
            *home = numbers::typed(random, &numbers::landline(i));
        }
        if age > 18 && random.chance(90) {
            *work = numbers::typed(random, &numbers::landline(i + 9_999));
        }
    }
    let (suburb, state, postcode) = match random.below(60) {
        0 => random.pick(ELSEWHERE),
        _ => {
            let (suburb, postcode) = random.pick(SUBURBS);
            (suburb, "NSW", postcode)
        }
    };
    let unit = if random.chance(300) { format!("{}/", 1 + random.below(40)) } else { String::new() };
    let family = random.pick(from.family);
    let known =
        KNOWN_AS.iter().find(|(long, _)| *long == given && random.chance(600)).map(|(_, short)| *short);
    Person {
        n,
        title: match (woman, age) {
            (true, ..18) => "Miss",
            (true, 18..70) => random.pick(&["Ms", "Ms", "Mrs", "Miss", "Dr"]),
            (true, _) => random.pick(&["Mrs", "Mrs", "Ms"]),
            (false, ..18) => "Master",
            (false, _) => "Mr",
        },
        family: family.into(),
        given: given.into(),
        known_as: known.unwrap_or_default().into(),
        born: typed_birth(random, born, plan.today),
        age: age.to_string(),
        sex: if woman {
            random.pick(&["F", "F", "F", "Female", "f"])
        } else {
            random.pick(&["M", "M", "M", "Male", "m"])
        },
        gender: if random.chance(12) { "Non-binary" } else { "" },
        pronouns: if random.chance(60) { random.pick(&["she/her", "he/him", "they/them"]) } else { "" },
        atsi: random.weighted(&[
            (880, "Neither"),
            (28, "Aboriginal"),
            (4, "Torres Strait Islander"),
            (4, "Both"),
            (84, ""),
        ]),
        interpreter: if random.chance(45) {
            random.pick(&["Vietnamese", "Mandarin", "Arabic", "Greek", "Korean"])
        } else {
            ""
        },
        deceased: if age > 60 && random.chance(35) {
            day(plan.today, -i64::from(random.between(10, 2_000))).format("%-d/%-m/%Y").to_string()
        } else {
            String::new()
        },
        phones,
        email: if age > 14 && random.chance(600) {
            format!("{}.{n}@example.com", ascii(given))
        } else {
            String::new()
        },
        next_of_kin: random.chance(400).then(|| {
            let her = random.chance(500);
            let kin = if her { random.pick(from.feminine) } else { random.pick(from.masculine) };
            let relation = match her {
                true => random.pick(&["Mother", "Wife", "Daughter", "Sister", "Partner", "Friend"]),
                false => random.pick(&["Father", "Husband", "Son", "Brother", "Partner", "Friend"]),
            };
            [format!("{kin} {family}"), relation.into(), numbers::typed(random, &numbers::mobile(i + 20_011))]
        }),
        address: [
            format!("{unit}{} {}", 1 + random.below(220), random.pick(STREETS)),
            suburb.into(),
            state.into(),
            // A number field forgets the leading zero.
            postcode.trim_start_matches('0').into(),
        ],
        medicare: medicare(plan, random),
        ihi: if random.chance(700) { numbers::healthcare(random, "800360", true) } else { String::new() },
        dva: if age > 70 && random.chance(60) {
            [numbers::dva(random), random.pick(&["Gold", "White", "Orange"]).into()]
        } else {
            Default::default()
        },
        pension: if age > 66 && random.chance(500) {
            format!(
                "{:09}{}",
                100_000_000 + random.below(399_999_999),
                random.pick(&['A', 'B', 'H', 'K', 'T', 'X'])
            )
        } else {
            String::new()
        },
        usual: staff
            .get(random.below(plan.practitioners) as usize)
            .filter(|_| random.chance(800))
            .map(|d| d.code.clone())
            .unwrap_or_default(),
        alerts: alerts(random),
        owing: random.weighted(&[(900, ""), (60, "0"), (30, "85.50"), (10, "$40 or as agreed")]).into(),
    }
}

fn ascii(given: &str) -> String {
    given.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn medicare(plan: &Plan, random: &mut Random) -> [String; 3] {
    if random.chance(60) {
        return Default::default();
    }
    let number = numbers::medicare(random, true);
    let part = |from: usize, to: usize| number.get(from..to).unwrap_or_default();
    let spaced = if random.chance(500) {
        format!("{} {} {}", part(0, 4), part(4, 9), part(9, 10))
    } else {
        number.clone()
    };
    let (year, month) = (plan.today.year() + random.between(0, 4), 1 + random.below(12));
    let expiry =
        if random.chance(800) { format!("{month:02}/{year}") } else { format!("{month}/{:02}", year % 100) };
    [spaced, (1 + random.below(5)).to_string(), expiry]
}

fn alerts(random: &mut Random) -> Vec<String> {
    const TEXTS: &[&str] = &[
        "Hearing aid: face her when talking",
        "Do not leave messages on the home phone",
        "Wheelchair: room with the wide door",
        "Allergic to penicillin \u{2013} see chart",
        "Faints with needles",
        "Interpreter needed, book a long appointment",
        "Account with the practice manager",
        "Guide dog",
        "Two with the same name & birth year: check the date",
        "Escort by daughter; \u{201C}please ring first\u{201D}",
        "Latex allergy",
        "Prefers early appointments",
    ];
    match random.below(100) {
        0..=7 => vec![random.pick(TEXTS).into()],
        8 => vec![random.pick(TEXTS).into(), String::new(), random.pick(TEXTS).into()],
        _ => Vec::new(),
    }
}

/// As somebody typed it; two digits for the year only where the century is certain.
fn typed_birth(random: &mut Random, born: NaiveDate, today: NaiveDate) -> String {
    let short = born.year() < 2000 && born.year() % 100 > today.year() % 100;
    let form = match random.below(100) {
        0..=3 => "%d.%m.%Y",
        4..=6 => "%-d-%-m-%Y",
        7..=8 => "%-d %b %Y",
        9..=20 => "%d/%m/%Y",
        21..=23 if short => "%-d/%-m/%y",
        24 => "%Y-%m-%d",
        _ => "%-d/%-m/%Y",
    };
    born.format(form).to_string()
}
