//! Dates by a list of forms per column: what only one form reads is that day, what two read differently is nobody's guess.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::reason::Code;

/// What two digits for a year may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Century {
    /// A birth: at most 120 years before the export. `12/3/63` is 1963; `12/3/19` could be 1919 or 2019: ambiguous.
    Birth,
    /// A booking or a card: 20 years ahead at most, else the past.
    Near,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Day,
    Month,
    MonthName,
    Year4,
    Year2,
    Literal(char),
}

/// The forms of one column, such as `D/M/YYYY`, `D MMM YYYY`, `M/YY`. D and M take one or two digits. Without a day the
/// month's last is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateForms(Vec<Vec<Part>>);

impl Default for DateForms {
    fn default() -> Self {
        Self(vec![vec![Part::Day, Part::Literal('/'), Part::Month, Part::Literal('/'), Part::Year4]])
    }
}

impl DateForms {
    /// Reads the forms of a mapping.
    ///
    /// # Errors
    /// The first form that makes no sense.
    pub fn new(forms: &[String]) -> Result<Self, String> {
        forms.iter().map(|form| parts(form).ok_or_else(|| form.clone())).collect::<Result<_, _>>().map(Self)
    }

    /// The day that a text means.
    ///
    /// # Errors
    /// `DATE_UNPARSED` when no form fits or the day does not exist, `DATE_AMBIGUOUS` when it could be two days.
    pub fn read(&self, text: &str, exported_on: NaiveDate, century: Century) -> Result<NaiveDate, Code> {
        let text = text.trim();
        let mut found: Option<NaiveDate> = None;
        for form in &self.0 {
            for date in matches(form, text, exported_on, century) {
                match found {
                    Some(other) if other != date => return Err(Code::DateAmbiguous),
                    _ => found = Some(date),
                }
            }
        }
        found.ok_or(Code::DateUnparsed)
    }
}

fn parts(form: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = form;
    while let Some(first) = rest.chars().next() {
        const WORDS: &[(&str, Part)] = &[
            ("YYYY", Part::Year4),
            ("YY", Part::Year2),
            ("MMM", Part::MonthName),
            ("MM", Part::Month),
            ("M", Part::Month),
            ("DD", Part::Day),
            ("D", Part::Day),
        ];
        let word =
            WORDS.iter().find_map(|(word, part)| rest.strip_prefix(word).map(|rest| (part.clone(), rest)));
        let (part, after) = match word {
            Some(found) => found,
            None if first.is_alphanumeric() => return None,
            None => (Part::Literal(first), rest.strip_prefix(first)?),
        };
        parts.push(part);
        rest = after;
    }
    let has = |wanted: &[Part]| parts.iter().filter(|p| wanted.contains(p)).count();
    let complete = has(&[Part::Year4, Part::Year2]) == 1
        && has(&[Part::Month, Part::MonthName]) == 1
        && has(&[Part::Day]) <= 1;
    complete.then_some(parts)
}

/// Every day that a form can read a text as: none, one, or one per century.
fn matches(form: &[Part], text: &str, exported_on: NaiveDate, century: Century) -> Vec<NaiveDate> {
    let mut rest = text;
    let (mut day, mut month, mut years) = (None, 0, Vec::new());
    for part in form {
        let taken = match part {
            Part::Day => digits(rest, 1, 2).map(|(n, after)| {
                day = Some(n);
                after
            }),
            Part::Month => digits(rest, 1, 2).map(|(n, after)| {
                month = n;
                after
            }),
            Part::MonthName => month_name(rest).map(|(n, after)| {
                month = n;
                after
            }),
            Part::Year4 => digits(rest, 4, 4).map(|(n, after)| {
                years = vec![i32::try_from(n).unwrap_or(0)];
                after
            }),
            Part::Year2 => digits(rest, 2, 2).map(|(n, after)| {
                years = full_years(i32::try_from(n).unwrap_or(0), exported_on, century);
                after
            }),
            Part::Literal(' ') => Some(rest.trim_start()).filter(|after| after.len() < rest.len()),
            Part::Literal(c) => rest.strip_prefix(*c),
        };
        match taken {
            Some(after) => rest = after,
            None => return Vec::new(),
        }
    }
    if !rest.is_empty() {
        return Vec::new();
    }
    let oldest = exported_on.checked_sub_months(Months::new(120 * 12)).unwrap_or(exported_on);
    years
        .iter()
        .filter(|year| (1850..=2200).contains(*year))
        .filter_map(|&year| match day {
            Some(day) => NaiveDate::from_ymd_opt(year, month, day),
            None => last_of_month(year, month),
        })
        .filter(|date| years.len() < 2 || (oldest..=exported_on).contains(date))
        .collect()
}

/// From `least` to `most` digits, and what follows; more digits than that are no match.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let n = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&n) {
        return None;
    }
    let (number, rest) = text.split_at_checked(n)?;
    Some((number.parse().ok()?, rest))
}

fn month_name(text: &str) -> Option<(u32, &str)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let n = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, rest) = text.split_at_checked(n)?;
    let name = name.to_ascii_lowercase();
    let fits = |month: &str| {
        name == month
            || (name.len() == 3 && month.starts_with(&name))
            || (name == "sept" && month == "september")
    };
    (1..).zip(MONTHS).find(|(_, month)| fits(month)).map(|(n, _)| (n, rest.strip_prefix('.').unwrap_or(rest)))
}

fn full_years(two: i32, exported_on: NaiveDate, century: Century) -> Vec<i32> {
    match century {
        Century::Birth => vec![1900 + two, 2000 + two],
        Century::Near if 2000 + two <= exported_on.year() + 20 => vec![2000 + two],
        Century::Near => vec![1900 + two],
    }
}

fn last_of_month(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)?
        .checked_add_months(Months::new(1))?
        .checked_sub_days(Days::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms(list: &[&str]) -> DateForms {
        DateForms::new(&list.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn dates_as_clinics_typed_them() {
        let birth = forms(&["D/M/YYYY", "D.M.YYYY", "D MMM YYYY", "YYYY-MM-DD", "D/M/YY"]);
        let today = day("2026-11-22");
        for (text, wanted, why) in [
            ("1/2/1963", Ok(day("1963-02-01")), "day first"),
            (" 01/02/1963 ", Ok(day("1963-02-01")), "zeros and blanks"),
            ("1.2.1963", Ok(day("1963-02-01")), "points"),
            ("1 Feb 1963", Ok(day("1963-02-01")), "short month"),
            ("1 february 1963", Ok(day("1963-02-01")), "long month, no capitals"),
            ("1963-02-01", Ok(day("1963-02-01")), "ISO"),
            ("1/2/63", Ok(day("1963-02-01")), "nobody is born in 2063"),
            ("1/2/05", Ok(day("2005-02-01")), "nobody is 121"),
            ("1/2/19", Err(Code::DateAmbiguous), "107 or 7 years old"),
            ("31/02/1971", Err(Code::DateUnparsed), "no such day"),
            ("29/2/1999", Err(Code::DateUnparsed), "no leap year"),
            ("29/2/2000", Ok(day("2000-02-29")), "a leap year"),
            ("2/13/1963", Err(Code::DateUnparsed), "not month first"),
            ("about 1950", Err(Code::DateUnparsed), "words"),
            ("1/2/1963?", Err(Code::DateUnparsed), "doubt"),
            ("1/2/196", Err(Code::DateUnparsed), "three digits"),
            ("", Err(Code::DateUnparsed), "nothing"),
        ] {
            assert_eq!(birth.read(text, today, Century::Birth), wanted, "{text}: {why}");
        }
    }

    #[test]
    fn two_orders_in_one_column_are_ambiguous_unless_they_agree() {
        let both = forms(&["D/M/YYYY", "M/D/YYYY"]);
        let today = day("2026-11-22");
        assert_eq!(both.read("3/4/2025", today, Century::Near), Err(Code::DateAmbiguous));
        assert_eq!(both.read("4/4/2025", today, Century::Near), Ok(day("2025-04-04")));
        assert_eq!(both.read("13/4/2025", today, Century::Near), Ok(day("2025-04-13")));
    }

    #[test]
    fn a_card_expires_at_the_end_of_its_month() {
        let card = forms(&["M/YYYY", "M/YY"]);
        let today = day("2026-11-22");
        assert_eq!(card.read("02/2028", today, Century::Near), Ok(day("2028-02-29")));
        assert_eq!(card.read("12/27", today, Century::Near), Ok(day("2027-12-31")));
        assert_eq!(card.read("12/98", today, Century::Near), Ok(day("1998-12-31")));
    }

    #[test]
    fn a_form_without_sense_is_named() {
        for form in ["D/M", "YYYY", "D/M/YYYY HH", "x"] {
            assert_eq!(DateForms::new(&[form.into()]), Err(form.into()));
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_from_every_form(days in 0_u64..116_000) {
            let date = day("1880-01-01").checked_add_days(Days::new(days)).unwrap();
            let all = forms(&["D/M/YYYY", "D.M.YYYY", "D-M-YYYY", "D MMM YYYY", "YYYY-MM-DD"]);
            for form in ["%-d/%-m/%Y", "%d/%m/%Y", "%-d.%-m.%Y", "%-d-%-m-%Y", "%-d %b %Y", "%-d %B %Y", "%Y-%m-%d"] {
                let text = date.format(form).to_string();
                prop_assert_eq!(all.read(&text, day("2026-11-22"), Century::Birth), Ok(date), "{}", text);
            }
        }

        #[test]
        fn no_text_panics_and_no_reading_is_invented(text in "[0-9/. A-Za-z-]{0,14}") {
            let all = forms(&["D/M/YYYY", "D MMM YYYY", "D/M/YY", "M/YY"]);
            if let Ok(date) = all.read(&text, day("2026-11-22"), Century::Birth) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                prop_assert!(digits.ends_with(&format!("{:02}", date.year() % 100)), "{}", text);
            }
        }
    }
}
