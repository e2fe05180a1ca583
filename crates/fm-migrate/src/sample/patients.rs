//! `Patients.xml`: FMPXMLRESULT with phones as repetitions, alerts as returns, dates as they were typed.

use std::path::Path;

use chrono::{Datelike, NaiveDate};

use super::names::{BACKGROUNDS, Background, KNOWN_AS, SHARES};
use super::output::{Output, inside};
use super::people::{Doctor, day};
use super::places::{ELSEWHERE, STREETS, SUBURBS};
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
    ("DOB", "DATE", 1),
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

/// A person before they become cells.
#[derive(Clone, Default)]
struct Person {
    n: u32,
    title: &'static str,
    family: String,
    given: String,
    known_as: String,
    born: String,
    age: String,
    sex: &'static str,
    gender: &'static str,
    pronouns: &'static str,
    atsi: &'static str,
    interpreter: &'static str,
    deceased: String,
    phones: [String; 3],
    email: String,
    next_of_kin: Option<[String; 3]>,
    address: [String; 4],
    medicare: [String; 3],
    ihi: String,
    dva: [String; 2],
    pension: String,
    usual: String,
    alerts: Vec<String>,
    owing: String,
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
    file.text(&head(plan.patients + dirty.rejected()))?;
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
        file.row(u64::from(n), 1 + u64::from(random.below(40)), &person_cells)?;
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

fn head(found: u32) -> String {
    use std::fmt::Write;
    let mut head = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<FMPXMLRESULT xmlns=\"http://www.filemaker.com/fmpxmlresult\">\
         <ERRORCODE>0</ERRORCODE><PRODUCT BUILD=\"06-11-2022\" NAME=\"FileMaker\" VERSION=\"ProAdvanced 19.5.1\"/>",
    );
    let _ = write!(
        head,
        "<DATABASE DATEFORMAT=\"D/m/yyyy\" LAYOUT=\"Patient Export\" NAME=\"Clinic.fmp12\" RECORDS=\"{found}\" TIMEFORMAT=\"k:mm:ss \"/>\n<METADATA>"
    );
    for (name, kind, repeat) in FIELDS {
        let _ =
            write!(head, "<FIELD EMPTYOK=\"YES\" MAXREPEAT=\"{repeat}\" NAME=\"{name}\" TYPE=\"{kind}\"/>");
    }
    let _ = writeln!(head, "</METADATA>\n<RESULTSET FOUND=\"{found}\">");
    head
}

/// The ways in which a patient's record must be rejected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
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

struct Dirt(u32);

impl Dirt {
    fn of(plan: &Plan) -> Self {
        Self(plan.dirt(2))
    }

    fn list(&self) -> Vec<Reason> {
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

    fn rejected(&self) -> u32 {
        self.list().iter().map(|r| if *r == Reason::TwoUnderOne { 2 } else { 1 }).sum()
    }
}

type Written<'a> = (&'a mut Output, &'a mut TableTruth, &'a mut Register);

fn plant(
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
    let record_id = u64::from(*n) + 900_000;
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

fn person(plan: &Plan, staff: &[Doctor], random: &mut Random, n: u32, i: u32) -> Person {
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
