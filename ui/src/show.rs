//! How values read on the screen, beyond what the domain shows itself.
//!
//! Must never: hold words about codes ([`crate::words`] does) or know the DOM.

use wattle_domain::entities::{Patient, Practitioner};
use wattle_domain::identifiers::{medicare, phone};
pub(crate) use wattle_domain::number::thousands;
use wattle_domain::{ClinicDate, ClinicZone, UtcInstant};
use wattle_protocol::ipc::patients::PatientHit;

/// `COSTA, Maria Luisa (Mia)`, the order of a filing cabinet.
pub(crate) fn person(family: &str, given: Option<&str>, preferred: Option<&str>) -> String {
    let mut name = family.to_uppercase();
    if let Some(given) = given {
        name.push(' ');
        name.push_str(given);
    }
    match preferred {
        Some(preferred) if Some(preferred) != given => format!("{name} ({preferred})"),
        _ => name,
    }
}

/// A patient's name.
pub(crate) fn patient(p: &Patient) -> String {
    person(&p.family_name, p.given_name.as_deref(), p.preferred_name.as_deref())
}

/// A search result's name.
pub(crate) fn hit(h: &PatientHit) -> String {
    person(&h.family_name, h.given_name.as_deref(), h.preferred_name.as_deref())
}

/// `Dr Lee`.
pub(crate) fn practitioner(p: &Practitioner) -> String {
    match (&p.title, &p.given_name) {
        (Some(title), _) => format!("{title} {}", p.family_name),
        (None, Some(given)) => format!("{given} {}", p.family_name),
        (None, None) => p.family_name.clone(),
    }
}

/// `03 Feb 1961 (65 y)`, `14 Jun 2026 (5 mo)`.
pub(crate) fn born(birth: ClinicDate, today: ClinicDate) -> String {
    // A line may end between the two and nowhere else.
    let whole = |text: String| text.replace(' ', "\u{a0}");
    format!("{} ({})", whole(birth.birth()), whole(age(birth, today)))
}

/// `65 y`; months below two years, weeks below three months.
pub(crate) fn age(birth: ClinicDate, today: ClinicDate) -> String {
    let years = birth.age_on(today);
    let days = (today.0 - birth.0).num_days().max(0);
    match (years, days) {
        (2.., _) => format!("{years} y"),
        (_, 90..) => format!("{} mo", days * 12 / 365),
        (_, 14..) => format!("{} wk", days / 7),
        _ => format!("{days} d"),
    }
}

/// A phone as people read it.
pub(crate) fn tel(stored: &str) -> String {
    phone::show(stored)
}

/// An identifier as it stands on its card.
pub(crate) fn identifier(kind: &str, value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    match kind {
        "medicare" => medicare::show(value),
        "ihi" => chars.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" "),
        _ => value.to_owned(),
    }
}

/// `9:05 am` today, `Fri 20 Nov, 9:05 am` on another day.
pub(crate) fn when(zone: ClinicZone, now: UtcInstant, at: UtcInstant) -> String {
    let (day, today) = (zone.date(at), zone.date(now));
    if day == today {
        zone.clock(at)
    } else if day.plus_days(300) > today {
        format!("{}, {}", day.0.format("%a %-d %b"), zone.clock(at))
    } else {
        format!("{}, {}", day.0.format("%-d %b %Y"), zone.clock(at))
    }
}

/// `just now`, `8 s ago`, `12 min ago`, then `2 h 5 min ago`.
pub(crate) fn ago(now: UtcInstant, at: UtcInstant) -> String {
    let seconds = (now.0 - at.0).max(0) / 1000;
    match seconds {
        0..=1 => "just now".to_owned(),
        2..=59 => format!("{seconds} s ago"),
        _ => format!("{} ago", minutes(seconds / 60)),
    }
}

/// `12 min`, `2 h 5 min`, `3 days`.
pub(crate) fn minutes(min: i64) -> String {
    match (min / 60, min % 60) {
        (0, m) => format!("{m} min"),
        (h @ 48.., _) => format!("{} days", h / 24),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

/// `1 change`, `2 changes`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(n)) }
}

/// `812 kB`, `81.4 MB`, `1.2 GB`.
pub(crate) fn bytes(n: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", n / unit, n % unit * 10 / unit);
    match n {
        0..1_000_000 => format!("{} kB", n.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

/// `MC` for `Maria Costa`.
pub(crate) fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|w| w.chars().next());
    let first = letters.next();
    first.into_iter().chain(letters.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> ClinicDate {
        text.parse().unwrap()
    }

    #[test]
    fn names_read_like_a_filing_cabinet() {
        assert_eq!(person("Costa", Some("Maria"), None), "COSTA Maria");
        assert_eq!(person("Costa", Some("Maria"), Some("Mia")), "COSTA Maria (Mia)");
        assert_eq!(person("Nguyễn", None, None), "NGUYỄN");
        assert_eq!(initials("Maria Luisa Costa"), "MC");
    }

    #[test]
    fn ages_of_the_small_are_told_in_small_units() {
        let today = day("2026-11-22");
        assert_eq!(age(day("1961-02-03"), today), "65 y");
        assert_eq!(age(day("2026-06-14"), today), "5 mo");
        assert_eq!(age(day("2026-11-01"), today), "3 wk");
        assert_eq!(age(day("2026-11-20"), today), "2 d");
    }

    #[test]
    fn times_past() {
        let now = UtcInstant(10_000_000);
        assert_eq!(ago(now, now), "just now");
        assert_eq!(ago(now, UtcInstant(10_000_000 - 8_000)), "8 s ago");
        assert_eq!(ago(now, now.plus_minutes(-125)), "2 h 5 min ago");
        assert_eq!(
            [1, 999_000, 81_449_000, 1_250_000_000].map(bytes),
            ["1 kB", "999 kB", "81.4 MB", "1.2 GB"]
        );
    }
}
