//! When each practitioner works: what the book is filled from and what the mapping tells the import.

use chrono::NaiveDate;

use super::people::{Doctor, weekday};

/// Saturday mornings.
pub(super) const SATURDAY: [u32; 2] = [9 * 60, 12 * 60];

/// The sessions of a day as `[from, to)` minutes; none on days off, weekends and leave. `today` is always a working day.
pub(super) fn sessions(doctor: &Doctor, date: NaiveDate, today: NaiveDate) -> Vec<[u32; 2]> {
    let [begins, lunch_from, lunch_to, ends] = doctor.hours;
    let gone = doctor.left_on.is_some_and(|last| date > last);
    let away = doctor.leave.iter().any(|(from, to)| (*from..=*to).contains(&date));
    if gone || away {
        return Vec::new();
    }
    let full = vec![[begins, lunch_from], [lunch_to, ends]];
    match weekday(date) {
        _ if date == today => full,
        6 => Vec::new(),
        5 if doctor.saturdays => vec![SATURDAY],
        5 => Vec::new(),
        day if doctor.day_off == Some(day) => Vec::new(),
        _ => full,
    }
}

/// Whether the weekly roster has this practitioner at work on that day of the week.
pub(super) fn works(doctor: &Doctor, day: u32) -> bool {
    day < 5 && doctor.day_off != Some(day)
}
