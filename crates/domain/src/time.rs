//! Time as a clinic means it: instants in UTC, days and walls clocks in the clinic's zone.
//!
//! Owns: the only conversions between the two, and the only text forms shown to people.
//! Must never: read the system's clock ([`Clock`] is implemented by the binaries).

use std::fmt;

use chrono::{
    DateTime, Datelike, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z. On the wire an integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcInstant(pub i64);

impl UtcInstant {
    /// This many minutes later (earlier when negative).
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    /// Whole minutes from `earlier` to `self`, rounded towards zero.
    #[must_use]
    pub fn minutes_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 60_000
    }

    /// As chrono has it; `None` beyond the years chrono can hold.
    #[must_use]
    pub fn to_chrono(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl From<DateTime<Utc>> for UtcInstant {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

/// Where "now" comes from. Binaries give the system's clock, tests and the simulator their own.
pub trait Clock: Send + Sync {
    /// The present instant, for people to read; it orders nothing.
    fn now(&self) -> UtcInstant;
}

/// A calendar day with no time of day: a birth date, a card's expiry, a page of the day book. `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClinicDate(pub NaiveDate);

impl ClinicDate {
    /// The day `days` later (earlier when negative); stays put at the end of chrono's calendar.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.checked_add_signed(Duration::days(days)).unwrap_or(self.0))
    }

    /// The Monday of this day's week.
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus_days(-i64::from(self.0.weekday().num_days_from_monday()))
    }

    /// 0 for Monday … 6 for Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        u8::try_from(self.0.weekday().num_days_from_monday()).unwrap_or(0)
    }

    /// Whole years from this birth date to `today`.
    #[must_use]
    pub fn age_on(self, today: Self) -> i32 {
        let before_birthday = (today.0.month(), today.0.day()) < (self.0.month(), self.0.day());
        today.0.year() - self.0.year() - i32::from(before_birthday)
    }

    /// `Mon 23 Nov 2026`.
    #[must_use]
    pub fn long(self) -> String {
        self.0.format("%a %-d %b %Y").to_string()
    }

    /// `03 Feb 1961`.
    #[must_use]
    pub fn birth(self) -> String {
        self.0.format("%d %b %Y").to_string()
    }
}

impl fmt::Display for ClinicDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for ClinicDate {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a wall-clock time in a zone can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Just one instant.
    Exact(UtcInstant),
    /// Twice that day: clocks went back. `earlier` is daylight-saving time.
    Ambiguous {
        /// The first of the two.
        earlier: UtcInstant,
        /// The second of the two.
        later: UtcInstant,
    },
    /// Never that day: clocks went forward. `after` is the first instant past the gap plus the overshoot.
    Missing {
        /// The instant a clock would show had it not been moved.
        after: UtcInstant,
    },
}

impl Resolved {
    /// One instant for it: the first of two, or past the gap.
    #[must_use]
    pub fn instant(self) -> UtcInstant {
        match self {
            Self::Exact(at) | Self::Ambiguous { earlier: at, .. } | Self::Missing { after: at } => at,
        }
    }
}

/// The zone whose days and clocks the clinic lives by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClinicZone(pub Tz);

impl Default for ClinicZone {
    fn default() -> Self {
        Self(chrono_tz::Australia::Sydney)
    }
}

impl ClinicZone {
    /// What a wall-clock time means here.
    #[must_use]
    pub fn resolve(self, local: NaiveDateTime) -> Resolved {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) => Resolved::Exact(at.with_timezone(&Utc).into()),
            LocalResult::Ambiguous(a, b) => {
                let (a, b) =
                    (UtcInstant::from(a.with_timezone(&Utc)), UtcInstant::from(b.with_timezone(&Utc)));
                Resolved::Ambiguous { earlier: a.min(b), later: a.max(b) }
            }
            LocalResult::None => {
                // The offset in force three hours before the gap is the one a stopped clock would show.
                let offset_ms =
                    self.0.from_local_datetime(&(local - Duration::hours(3))).earliest().map_or(0, |at| {
                        at.naive_local().and_utc().timestamp_millis() - at.timestamp_millis()
                    });
                Resolved::Missing { after: UtcInstant(local.and_utc().timestamp_millis() - offset_ms) }
            }
        }
    }

    /// The wall clock at an instant.
    #[must_use]
    pub fn local(self, at: UtcInstant) -> NaiveDateTime {
        at.to_chrono().unwrap_or_default().with_timezone(&self.0).naive_local()
    }

    /// The clinic's day that an instant falls on.
    #[must_use]
    pub fn date(self, at: UtcInstant) -> ClinicDate {
        ClinicDate(self.local(at).date())
    }

    /// A clinic's day as `[from, to)`: 23, 24 or 25 hours.
    #[must_use]
    pub fn day(self, date: ClinicDate) -> (UtcInstant, UtcInstant) {
        let midnight = |d: ClinicDate| self.resolve(d.0.and_time(NaiveTime::MIN)).instant();
        (midnight(date), midnight(date.plus_days(1)))
    }

    /// The instant of a minute of the day on the wall clock (0 = midnight, 1440 = the next day's), past a gap or first of two.
    #[must_use]
    pub fn at_minute(self, date: ClinicDate, minute_of_day: u32) -> UtcInstant {
        let (days, minute) = (i64::from(minute_of_day / 1440), minute_of_day % 1440);
        let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap_or(NaiveTime::MIN);
        self.resolve(date.plus_days(days).0.and_time(time)).instant()
    }

    /// The wall clock's minute of the day (0 = midnight).
    #[must_use]
    pub fn minute_of_day(self, at: UtcInstant) -> u32 {
        let t = self.local(at).time();
        t.hour() * 60 + t.minute()
    }

    /// `9:05 am`.
    #[must_use]
    pub fn clock(self, at: UtcInstant) -> String {
        self.local(at).format("%-I:%M %P").to_string()
    }

    /// `AEDT`, `AEST`, `AWST` …
    #[must_use]
    pub fn abbreviation(self, at: UtcInstant) -> String {
        at.to_chrono().unwrap_or_default().with_timezone(&self.0).format("%Z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn the_hour_that_comes_twice_is_ambiguous() {
        let zone = ClinicZone::default();
        let Resolved::Ambiguous { earlier, later } = zone.resolve(at("2026-04-05 02:30")) else {
            panic!("comes twice")
        };
        assert_eq!(later.minutes_since(earlier), 60);
        assert_eq!(zone.local(earlier), zone.local(later));
    }

    #[test]
    fn the_hour_that_never_comes_is_missing_and_lands_past_the_gap() {
        let zone = ClinicZone::default();
        let Resolved::Missing { after } = zone.resolve(at("2026-10-04 02:30")) else {
            panic!("does not exist")
        };
        assert_eq!(zone.local(after), at("2026-10-04 03:30"));
    }

    #[test]
    fn days_have_23_24_or_25_hours() {
        let zone = ClinicZone::default();
        let hours = |text: &str| {
            let (from, to) = zone.day(text.parse().unwrap());
            to.minutes_since(from) / 60
        };
        assert_eq!([hours("2026-10-04"), hours("2026-11-22"), hours("2026-04-05")], [23, 24, 25]);
    }

    #[test]
    fn times_read_as_people_write_them() {
        let zone = ClinicZone::default();
        let nine = zone.at_minute("2026-11-23".parse().unwrap(), 9 * 60 + 5);
        assert_eq!(zone.clock(nine), "9:05 am");
        assert_eq!(zone.date(nine).long(), "Mon 23 Nov 2026");
        assert_eq!(zone.abbreviation(nine), "AEDT");
        assert_eq!(zone.minute_of_day(nine), 545);
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let born: ClinicDate = "1961-02-03".parse().unwrap();
        assert_eq!(born.age_on("2026-02-02".parse().unwrap()), 64);
        assert_eq!(born.age_on("2026-02-03".parse().unwrap()), 65);
        assert_eq!(born.birth(), "03 Feb 1961");
    }
}
