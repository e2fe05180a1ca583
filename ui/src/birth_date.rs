//! Birth dates as they are typed at a desk: `3/2/61`, `03 Feb 1961`, `3021961`… day before month, as in Australia.

use wattle_domain::ClinicDate;

/// What was typed, as a date; two digits of a year mean the last hundred years.
pub(crate) fn parse(text: &str, today: ClinicDate) -> Option<ClinicDate> {
    let text = text.trim().to_lowercase();
    if let Ok(date) = text.parse::<ClinicDate>() {
        return Some(date);
    }
    let parts: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
    let (day, month, year) = match parts.as_slice() {
        [d, m, y] => ((*d).to_owned(), (*m).to_owned(), (*y).to_owned()),
        [run] if run.chars().all(|c| c.is_ascii_digit()) && matches!(run.len(), 6 | 8) => {
            (run.get(..2)?.to_owned(), run.get(2..4)?.to_owned(), run.get(4..)?.to_owned())
        }
        _ => return None,
    };
    let year = full_year(&year, today)?;
    format!("{year:04}-{:02}-{:02}", month_number(&month)?, day.parse::<u32>().ok()?).parse().ok()
}

fn month_number(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if let Ok(n) = text.parse() {
        return Some(n);
    }
    let head = text.get(..3)?;
    MONTHS.iter().position(|m| *m == head).and_then(|i| u32::try_from(i + 1).ok())
}

fn full_year(text: &str, today: ClinicDate) -> Option<i32> {
    let this_year: i32 = today.to_string().get(..4)?.parse().ok()?;
    let n: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(n),
        2 => {
            let candidate = this_year / 100 * 100 + n;
            Some(if candidate > this_year { candidate - 100 } else { candidate })
        }
        _ => None,
    }
}

/// What is odd about a birth date, empty when nothing is.
pub(crate) fn odd(text: &str, today: ClinicDate) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    match parse(text, today) {
        None => "This is not read as a date. Write day, month, year: 3/2/1961. It is not saved like this."
            .to_owned(),
        Some(date) if date > today => {
            "This day has not come yet. Check the year, or keep it as it is.".to_owned()
        }
        Some(date) if date.age_on(today) > 115 => {
            format!("That would make them {}. Check the year, or keep it as it is.", date.age_on(today))
        }
        Some(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> ClinicDate {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn as_people_type_it() {
        for text in [
            "3/2/61",
            "03/02/1961",
            "3 Feb 1961",
            "3-2-1961",
            "03021961",
            "030261",
            "1961-02-03",
            "3 February 61",
        ] {
            assert_eq!(parse(text, today()), Some("1961-02-03".parse().unwrap()), "{text}");
        }
        assert_eq!(parse("1/7/26", today()), Some("2026-07-01".parse().unwrap()), "a baby of this year");
        assert_eq!(parse("1/7/27", today()), Some("1927-07-01".parse().unwrap()), "not of next year");
    }

    #[test]
    fn what_is_no_date_stays_none() {
        for text in ["31/2/1961", "13/13/1961", "soon", "1961", "3/2", "3/2/196"] {
            assert_eq!(parse(text, today()), None, "{text}");
        }
    }

    #[test]
    fn odd_ones_are_told_and_kept() {
        assert_eq!(odd("3/2/61", today()), "");
        assert!(odd("3/2/2030", today()).contains("not come yet"));
        assert!(odd("3/2/1890", today()).contains("136"));
        assert!(odd("x", today()).contains("not read as a date"));
    }
}
