//! The day book.

use std::collections::BTreeSet;

use rusqlite::{Connection, ToSql};
use wattle_domain::entities::{AppointmentType, Location, Practitioner, SessionTemplate};
use wattle_domain::schedule::LONGEST_MIN;
use wattle_domain::{ClinicDate, Entity, UtcInstant};
use wattle_protocol::ipc::daybook::{Card, DayBook, DayBookQuery};

use super::{card, clinic};
use crate::error::Error;
use crate::store::Store;
use crate::tables::synced;

impl Store {
    /// Some days of the book.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn day_book(&self, query: &DayBookQuery) -> Result<DayBook, Error> {
        let now = self.shared().clock.now();
        self.read(|connection| day_book(connection, query, now))
    }
}

fn day_book(connection: &Connection, query: &DayBookQuery, now: UtcInstant) -> Result<DayBook, Error> {
    let zone = clinic::zone(connection)?;
    let days = i64::from(query.days.clamp(1, 31));
    let last = query.from.plus_days(days - 1);
    let (from, to) = (zone.day(query.from).0, zone.day(last).1);
    let mut condition = String::from(
        "WHERE a.start_at >= ?1 AND a.start_at < ?2 AND a.end_at > ?3 AND a.status <> 'cancelled' AND a.deleted_at IS NULL",
    );
    let (around, practitioner) =
        (from.plus_minutes(-LONGEST_MIN).0, query.practitioner_id.map(|p| p.to_string()));
    let mut parameters: Vec<&dyn ToSql> = vec![&around, &to.0, &from.0];
    if let Some(practitioner) = &practitioner {
        condition.push_str(" AND a.practitioner_id = ?4");
        parameters.push(practitioner);
    }
    condition.push_str(" ORDER BY a.start_at, a.end_at, a.practitioner_id");
    let cards =
        card::select(connection, "appointment_day", &condition, parameters.as_slice(), zone.date(now))?;
    let seen: BTreeSet<_> = cards.iter().map(|c| c.practitioner_id).collect();
    let types: BTreeSet<_> = cards.iter().map(|c| c.type_id).collect();
    let wanted = |p: &Practitioner| match query.practitioner_id {
        Some(id) => p.id == id,
        None => p.active || seen.contains(&p.id),
    };
    Ok(DayBook {
        practitioners: all(connection, "ORDER BY sort, family_name, id", wanted)?,
        types: all(connection, "ORDER BY sort, name, id", |t: &AppointmentType| {
            t.active || types.contains(&t.id)
        })?,
        locations: all(connection, "ORDER BY name, id", |_: &Location| true)?,
        sessions: all(connection, "ORDER BY starts_min, id", |s| touches(s, query, last))?,
        cards,
    })
}

/// The live rows of a small table that a condition takes.
pub(super) fn all<E: Entity>(
    connection: &Connection,
    order: &str,
    take: impl Fn(&E) -> bool,
) -> Result<Vec<E>, Error> {
    let mut entities = Vec::new();
    for row in synced::select(connection, E::TABLE.name, &format!("WHERE deleted_at IS NULL {order}"), [])? {
        let entity: E = row.read().map_err(clinic::bad)?;
        if take(&entity) {
            entities.push(entity);
        }
    }
    Ok(entities)
}

/// Whether a part of a roster falls on one of the days.
fn touches(session: &SessionTemplate, query: &DayBookQuery, last: ClinicDate) -> bool {
    let whose = query.practitioner_id.is_none_or(|p| p == session.practitioner_id);
    let first = session.from_date.map_or(query.from, |from| from.max(query.from));
    let last = session.to_date.map_or(last, |to| to.min(last));
    let span = (last.0 - first.0).num_days();
    whose && (0..=span).any(|day| session.weekday.is_none_or(|w| first.plus_days(day).weekday() == w))
}

/// The cards of the clinic's day that an instant falls on.
pub(super) fn cards_of_today(connection: &Connection, now: UtcInstant) -> Result<Vec<Card>, Error> {
    let today = clinic::today(connection, now)?;
    let query = DayBookQuery { from: today, days: 1, practitioner_id: None };
    Ok(day_book(connection, &query, now)?.cards)
}
