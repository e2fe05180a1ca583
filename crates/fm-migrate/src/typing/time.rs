//! Times of day and timestamps on the clinic's wall, as instants with a certainty mark.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use wattle_domain::time::{ClinicZone, Resolved, UtcInstant};

use super::date::{Century, DateForms};
use crate::reason::Code;

/// A time of day: `9:05`, `09:05:00`, `9:05 am`, `12.05pm`.
///
/// # Errors
/// `TIME_UNPARSED`.
pub fn time_of_day(text: &str) -> Result<NaiveTime, Code> {
    let text = text.trim().to_ascii_lowercase();
    let half = if text.ends_with("am") { Some(0) } else { text.ends_with("pm").then_some(12) };
    let clock = text.trim_end_matches("am").trim_end_matches("pm").trim_end();
    let parts: Vec<&str> = clock.split([':', '.']).collect();
    let number = |i: usize, most: u32| match parts.get(i) {
        None if i == 2 => Some(0),
        Some(part) if (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) => {
            part.parse::<u32>().ok().filter(|n| *n <= most)
        }
        _ => None,
    };
    let parsed = || {
        // A lone hour is a time only with am or pm behind it.
        let minute = if parts.len() == 1 && half.is_some() { 0 } else { number(1, 59)? };
        let hour = match (number(0, 23)?, half) {
            (hour, None) => hour,
            (hour @ 1..=12, Some(half)) => hour % 12 + half,
            _ => return None,
        };
        let second = if parts.len() > 3 { None } else { number(2, 59) }?;
        NaiveTime::from_hms_opt(hour, minute, second)
    };
    parsed().ok_or(Code::TimeUnparsed)
}

/// A timestamp: a date of the column's forms, blanks, a time of day.
///
/// # Errors
/// `DATE_UNPARSED`, `DATE_AMBIGUOUS`, `TIME_UNPARSED`.
pub fn timestamp(text: &str, forms: &DateForms, exported_on: NaiveDate) -> Result<NaiveDateTime, Code> {
    let text = text.trim();
    // As servers write them. The Z of OData lies: it is the clinic's wall clock.
    if let Some((date, time)) = text.split_once('T')
        && date.len() == 10
        && date.starts_with(|c: char| c.is_ascii_digit())
    {
        let date = forms.read(date, exported_on, Century::Near)?;
        return Ok(date.and_time(time_of_day(time.trim_end_matches('Z'))?));
    }
    // The time begins with the word that has a colon; dates have none.
    let colon = text.find(':').unwrap_or(text.len());
    let begins = text.get(..colon).and_then(|before| before.rfind(char::is_whitespace)).unwrap_or(text.len());
    let (date, time) = text.split_at_checked(begins).unwrap_or((text, ""));
    let date = forms.read(date, exported_on, Century::Near)?;
    Ok(date.and_time(time_of_day(time)?))
}

/// The instant of a wall-clock time, and what makes it uncertain.
#[must_use]
pub fn instant(zone: ClinicZone, local: NaiveDateTime) -> (UtcInstant, Option<Code>) {
    let resolved = zone.resolve(local);
    let mark = match resolved {
        Resolved::Exact(_) => None,
        Resolved::Ambiguous { .. } => Some(Code::TimeAmbiguous),
        Resolved::Missing { .. } => Some(Code::TimeMissing),
    };
    (resolved.instant(), mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    #[test]
    fn times_as_clinics_typed_them() {
        for (text, wanted) in [
            ("9:05", Some((9, 5, 0))),
            ("09:05:07", Some((9, 5, 7))),
            ("9:05 am", Some((9, 5, 0))),
            ("12:00 AM", Some((0, 0, 0))),
            ("12.05pm", Some((12, 5, 0))),
            ("1:30:00 PM", Some((13, 30, 0))),
            ("13:30", Some((13, 30, 0))),
            ("9 am", Some((9, 0, 0))),
            ("9", None),
            ("13:30 pm", None),
            ("24:00", None),
            ("25:10", None),
            ("9:5:7:1", None),
            ("9:60", None),
            ("after lunch", None),
            ("am", None),
            ("", None),
        ] {
            let wanted = wanted.map(|(h, m, s)| NaiveTime::from_hms_opt(h, m, s).unwrap());
            assert_eq!(time_of_day(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn timestamps_in_two_forms_of_one_row() {
        let forms = DateForms::new(&["D/M/YYYY".into(), "D.M.YYYY".into(), "D MMM YYYY".into()]).unwrap();
        let read = |text: &str| timestamp(text, &forms, "2026-11-22".parse().unwrap());
        assert_eq!(read("30.07.2019 13:39:39"), Ok(at("2019-07-30 13:39:39")));
        assert_eq!(read("30/07/2019 1:39:39 PM"), Ok(at("2019-07-30 13:39:39")));
        assert_eq!(read("30 Jul 2019  13:39"), Ok(at("2019-07-30 13:39:00")));
        assert_eq!(read("30/07/2019"), Err(Code::TimeUnparsed), "no time");
        assert_eq!(read("early"), Err(Code::DateUnparsed));
        assert_eq!(read("13:39"), Err(Code::DateUnparsed), "no date");
    }

    #[test]
    fn both_changes_of_the_clocks_are_marked() {
        let zone = ClinicZone::default();
        let mark = |text: &str| instant(zone, at(text)).1;
        assert_eq!(mark("2026-04-05 01:59:59"), None);
        assert_eq!(mark("2026-04-05 02:00:00"), Some(Code::TimeAmbiguous));
        assert_eq!(mark("2026-04-05 02:59:59"), Some(Code::TimeAmbiguous));
        assert_eq!(mark("2026-04-05 03:00:00"), None);
        assert_eq!(mark("2026-10-04 01:59:59"), None);
        assert_eq!(mark("2026-10-04 02:00:00"), Some(Code::TimeMissing));
        assert_eq!(mark("2026-10-04 02:59:59"), Some(Code::TimeMissing));
        assert_eq!(mark("2026-10-04 03:00:00"), None);
        assert_eq!(
            zone.local(instant(zone, at("2026-10-04 02:30:00")).0),
            at("2026-10-04 03:30:00"),
            "past the gap"
        );
    }

    proptest! {
        #[test]
        fn a_certain_time_reads_back_as_the_same_wall_clock(seconds in 1_500_000_000_i64..1_900_000_000) {
            let local = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let zone = ClinicZone::default();
            let (found, mark) = instant(zone, local);
            match mark {
                None => prop_assert_eq!(zone.local(found), local),
                Some(Code::TimeAmbiguous) => {
                    prop_assert_eq!(zone.local(found), local);
                    prop_assert_eq!(zone.local(found.plus_minutes(60)), local);
                }
                Some(_) => prop_assert_eq!(zone.local(found), local + chrono::TimeDelta::hours(1)),
            }
        }
    }
}
