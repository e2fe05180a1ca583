//! What is stored, as each interface shows it: dates and numbers when the text is one, and what becomes of it when not.

use std::fmt::Write;

use chrono::{NaiveDate, NaiveDateTime};

use crate::database::Kind;
use crate::json;

/// How the Data API writes dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// `dateformats=0`, and all that older servers know.
    Us,
    /// `dateformats=1`.
    FileLocale,
    /// `dateformats=2`.
    Iso,
}

/// A value as the Data API gives it. Text in a number field comes as a string [K].
pub(crate) fn data_api(out: &mut String, kind: Kind, text: &str, dates: Dates) {
    match kind {
        Kind::Text | Kind::Container => json::string(out, text),
        Kind::Number => match number(text) {
            Some(n) => {
                let _ = write!(out, "{n}");
            }
            None if text.trim().is_empty() => out.push_str("\"\""),
            None => json::string(out, text),
        },
        Kind::Date => match date(text) {
            Some(day) => json::string(out, &day.format(date_form(dates)).to_string()),
            None => json::string(out, text),
        },
        Kind::Time => match time(text) {
            Some((h, m, s)) => json::string(out, &format!("{h:02}:{m:02}:{s:02}")),
            None => json::string(out, text),
        },
        Kind::TimeStamp => match timestamp(text) {
            Some(at) => {
                let form = match dates {
                    Dates::Iso => "%Y-%m-%dT%H:%M:%S".to_owned(), // [K]
                    _ => format!("{} %H:%M:%S", date_form(dates)),
                };
                json::string(out, &at.format(&form).to_string());
            }
            None => json::string(out, text),
        },
    }
}

/// A value as OData gives it: what does not fit its type is a bare `?`, which is no JSON.
pub(crate) fn odata(out: &mut String, kind: Kind, text: &str, decimals_as_text: bool, question_marks: bool) {
    let odd = if question_marks { "?" } else { "null" };
    if text.is_empty() || (kind != Kind::Text && text.trim().is_empty()) {
        out.push_str("null");
        return;
    }
    match kind {
        Kind::Text | Kind::Container => json::string(out, text),
        Kind::Number if decimals_as_text => match decimal(text) {
            Some(exact) => json::string(out, exact),
            None => out.push_str(odd),
        },
        Kind::Number => match number(text) {
            Some(n) => {
                let _ = write!(out, "{n}");
            }
            None => out.push_str(odd),
        },
        Kind::Date => match date(text) {
            Some(day) => json::string(out, &day.to_string()),
            None => out.push_str(odd),
        },
        Kind::Time => match time(text).filter(|(h, ..)| *h < 24) {
            Some((h, m, s)) => json::string(out, &format!("{h:02}:{m:02}:{s:02}")),
            None => out.push_str(odd),
        },
        // The clinic's own wall clock, with a Z that lies.
        Kind::TimeStamp => match timestamp(text) {
            Some(at) => json::string(out, &at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            None => out.push_str(odd),
        },
    }
}

fn date_form(dates: Dates) -> &'static str {
    match dates {
        Dates::Us => "%m/%d/%Y",
        Dates::FileLocale => "%d/%m/%Y",
        Dates::Iso => "%Y-%m-%d",
    }
}

fn decimal(text: &str) -> Option<&str> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let only = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (only && digits.bytes().filter(|b| *b == b'.').count() <= 1 && digits.bytes().any(|b| b.is_ascii_digit()))
        .then_some(text)
}

/// Numbers are handled as binary64.
fn number(text: &str) -> Option<f64> {
    decimal(text)?.parse().ok()
}

/// Day, month, four-digit year, with anything between that is no digit; the file's locale is Australian.
fn date(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.trim().split(['/', '.', '-']).collect();
    let [day, month, year] = parts.as_slice() else { return None };
    let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse::<u32>().ok()).flatten();
    let year = number(year).filter(|_| year.len() == 4)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(month)?, number(day)?)
}

/// Hours may pass 24: time fields are durations too.
fn time(text: &str) -> Option<(u32, u32, u32)> {
    let text = text.trim().to_ascii_lowercase();
    let half = if text.ends_with("am") { Some(0) } else { text.ends_with("pm").then_some(12) };
    let clock = text.trim_end_matches("am").trim_end_matches("pm").trim_end();
    let parts: Vec<u32> = clock.split([':', '.']).map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match parts.as_slice() {
        [h, m] => (*h, *m, 0),
        [h, m, s] => (*h, *m, *s),
        _ => return None,
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    (minute < 60 && second < 60).then_some((hour, minute, second))
}

fn timestamp(text: &str) -> Option<NaiveDateTime> {
    let (day, clock) = text.trim().split_once(' ')?;
    let (h, m, s) = time(clock)?;
    date(day)?.and_hms_opt(h, m, s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(kind: Kind, text: &str) -> (String, String) {
        let (mut one, mut two) = (String::new(), String::new());
        data_api(&mut one, kind, text, Dates::Iso);
        odata(&mut two, kind, text, true, true);
        (one, two)
    }

    #[test]
    fn what_does_not_fit_comes_as_text_or_as_a_question_mark() {
        for (kind, text, one, two) in [
            (Kind::Number, "15 min", "\"15 min\"", "?"),
            (Kind::Number, "0800", "800", "\"0800\""),
            (Kind::Number, ".57999999999999996", "0.58", "\".57999999999999996\""),
            (Kind::Number, "", "\"\"", "null"),
            (Kind::Date, "30/02/2026", "\"30/02/2026\"", "?"),
            (Kind::Date, "1.7.2008", "\"2008-07-01\"", "\"2008-07-01\""),
            (Kind::Time, "25:10", "\"25:10:00\"", "?"),
            (Kind::Time, "1:30 pm", "\"13:30:00\"", "\"13:30:00\""),
            (Kind::TimeStamp, "30.07.2019 13:39:39", "\"2019-07-30T13:39:39\"", "\"2019-07-30T13:39:39Z\""),
            (Kind::TimeStamp, "early", "\"early\"", "?"),
            (Kind::Text, "a\nb", "\"a\\rb\"", "\"a\\rb\""),
        ] {
            assert_eq!(both(kind, text), (one.to_owned(), two.to_owned()), "{kind:?} {text}");
        }
    }
}
