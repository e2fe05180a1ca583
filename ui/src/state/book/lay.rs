//! Where everything of the book stands: columns, cards side by side, shades. Pure; minutes of the clinic's wall clock.

use std::collections::{BTreeMap, HashMap};

use wattle_domain::entities::{Practitioner, SessionTemplate};
use wattle_domain::fields::{AppointmentStatus, SessionKind};
use wattle_domain::{AppointmentId, ClinicDate, ClinicZone, PractitionerId};
use wattle_protocol::ipc::daybook::{Card, DayBook};

/// The grid that everything snaps to, minutes.
pub(crate) const SNAP_MIN: u32 = 5;
/// The book shows at least 7 am to 7 pm.
const AT_LEAST: (u32, u32) = (7 * 60, 19 * 60);

/// Whose column of which day.
pub(crate) type ColumnKey = (PractitionerId, ClinicDate);

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// Whose.
    pub(crate) practitioner: Practitioner,
    /// Of which day.
    pub(crate) date: ClinicDate,
    /// Parts of the day that are not for patients.
    pub(crate) shades: Vec<Shade>,
    /// How many are booked, without those who did not come.
    pub(crate) booked: usize,
    /// How many of them are in the waiting room.
    pub(crate) waiting: usize,
}

impl Column {
    /// Its key.
    pub(crate) fn key(&self) -> ColumnKey {
        (self.practitioner.id, self.date)
    }
}

/// A shaded part of a column, `[from, to)` in minutes of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shade {
    /// From.
    pub(crate) from: u32,
    /// To.
    pub(crate) to: u32,
    /// Break or leave; `None` is outside the roster.
    pub(crate) kind: Option<SessionKind>,
}

/// A card in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    /// The appointment.
    pub(crate) card: Card,
    /// Its column.
    pub(crate) column: ColumnKey,
    /// Minute of the day it begins at.
    pub(crate) start: u32,
    /// Real minutes that it takes.
    pub(crate) length: u32,
    /// Which of the lanes side by side, from 0.
    pub(crate) lane: usize,
    /// How many lanes.
    pub(crate) lanes: usize,
}

impl Placed {
    /// Minute after its last.
    pub(crate) fn end(&self) -> u32 {
        self.start + self.length
    }

    /// Whether it shares a minute with `[from, to)`.
    pub(crate) fn touches(&self, from: u32, to: u32) -> bool {
        self.start < to && from < self.end()
    }
}

/// The whole book as it stands on the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Laid {
    /// Columns from left to right.
    pub(crate) columns: Vec<Column>,
    /// Cards.
    pub(crate) cards: HashMap<AppointmentId, Placed>,
    /// Cards of each column by start.
    pub(crate) order: BTreeMap<ColumnKey, Vec<AppointmentId>>,
    /// First minute of the day that shows.
    pub(crate) from: u32,
    /// Minute after the last that shows.
    pub(crate) to: u32,
}

impl Laid {
    /// The cards of a column by start.
    pub(crate) fn of(&self, key: ColumnKey) -> impl Iterator<Item = &Placed> {
        self.order.get(&key).into_iter().flatten().filter_map(|id| self.cards.get(id))
    }

    /// The card that a minute of a column falls on.
    pub(crate) fn at(&self, key: ColumnKey, minute: u32) -> Option<&Placed> {
        self.of(key).find(|p| p.touches(minute, minute + 1))
    }

    /// Who takes up a part of a column already, if anybody does.
    pub(crate) fn taken(
        &self,
        key: ColumnKey,
        from: u32,
        to: u32,
        but: Option<AppointmentId>,
    ) -> Option<&Placed> {
        self.of(key).find(|p| p.card.status.occupies() && Some(p.card.id) != but && p.touches(from, to))
    }
}

/// Lays out columns of some days. `only` leaves one practitioner.
pub(crate) fn lay(
    book: &DayBook,
    zone: ClinicZone,
    from: ClinicDate,
    days: u8,
    only: Option<PractitionerId>,
) -> Laid {
    let mut laid = Laid { from: AT_LEAST.0, to: AT_LEAST.1, ..Laid::default() };
    let dates: Vec<ClinicDate> = (0..i64::from(days)).map(|d| from.plus_days(d)).collect();
    for practitioner in book.practitioners.iter().filter(|p| only.is_none_or(|only| p.id == only)) {
        for &date in &dates {
            let mut cards: Vec<Placed> = book
                .cards
                .iter()
                .filter(|c| c.practitioner_id == practitioner.id && zone.date(c.start_at) == date)
                .map(|c| place(c, zone, date))
                .collect();
            side_by_side(&mut cards);
            let count = |f: fn(&Card) -> bool| cards.iter().filter(|p| f(&p.card)).count();
            let column = Column {
                practitioner: practitioner.clone(),
                date,
                shades: shades(&book.sessions, practitioner.id, date),
                booked: count(|c| c.status.occupies()),
                waiting: count(|c| c.status == AppointmentStatus::Arrived),
            };
            for p in &cards {
                laid.from = laid.from.min(p.start / 60 * 60);
                laid.to = laid.to.max(p.end().div_ceil(60) * 60).min(24 * 60);
            }
            let working = |s: &&SessionTemplate| {
                s.kind == SessionKind::Session && s.practitioner_id == practitioner.id && holds(s, date)
            };
            for s in book.sessions.iter().filter(working) {
                laid.from = laid.from.min(minute(s.starts_min) / 60 * 60);
                laid.to = laid.to.max(minute(s.ends_min).div_ceil(60) * 60).min(24 * 60);
            }
            laid.order.insert(column.key(), cards.iter().map(|p| p.card.id).collect());
            laid.cards.extend(cards.into_iter().map(|p| (p.card.id, p)));
            laid.columns.push(column);
        }
    }
    laid
}

fn place(card: &Card, zone: ClinicZone, date: ClinicDate) -> Placed {
    let length = u32::try_from(card.end_at.minutes_since(card.start_at)).unwrap_or(0).max(SNAP_MIN);
    Placed {
        card: card.clone(),
        column: (card.practitioner_id, date),
        start: zone.minute_of_day(card.start_at),
        length,
        lane: 0,
        lanes: 1,
    }
}

/// Gives cards that overlap lanes of their own; a cluster of them shares the column's width.
fn side_by_side(cards: &mut [Placed]) {
    cards.sort_by_key(|p| (p.start, std::cmp::Reverse(p.length), p.card.id));
    let mut ends: Vec<u32> = Vec::new();
    let mut first = 0;
    let mut cluster_end = 0;
    for i in 0..cards.len() {
        let Some((start, end)) = cards.get(i).map(|p| (p.start, p.end())) else { continue };
        if start >= cluster_end {
            close(cards, first, i, ends.len());
            ends.clear();
            first = i;
        }
        let lane = ends.iter().position(|&e| e <= start).unwrap_or(ends.len());
        match ends.get_mut(lane) {
            Some(e) => *e = end,
            None => ends.push(end),
        }
        cluster_end = cluster_end.max(end);
        if let Some(p) = cards.get_mut(i) {
            p.lane = lane;
        }
    }
    close(cards, first, cards.len(), ends.len());
}

fn close(cards: &mut [Placed], from: usize, to: usize, lanes: usize) {
    for p in cards.iter_mut().take(to).skip(from) {
        p.lanes = lanes.max(1);
    }
}

fn minute(min: i64) -> u32 {
    u32::try_from(min).unwrap_or(0).min(24 * 60)
}

fn holds(s: &SessionTemplate, date: ClinicDate) -> bool {
    s.weekday.is_none_or(|w| w == date.weekday())
        && s.from_date.is_none_or(|d| d <= date)
        && s.to_date.is_none_or(|d| d >= date)
}

/// What is not for patients: outside every session (when the clinic keeps rosters at all), breaks, leave.
fn shades(sessions: &[SessionTemplate], practitioner: PractitionerId, date: ClinicDate) -> Vec<Shade> {
    let mine = |kind| {
        let mut spans: Vec<(u32, u32)> = sessions
            .iter()
            .filter(|s| s.kind == kind && s.practitioner_id == practitioner && holds(s, date))
            .map(|s| (minute(s.starts_min), minute(s.ends_min)))
            .collect();
        spans.sort_unstable();
        spans
    };
    let mut shades = Vec::new();
    if sessions.iter().any(|s| s.kind == SessionKind::Session) {
        let mut free_from = 0;
        for (from, to) in mine(SessionKind::Session) {
            if from > free_from {
                shades.push(Shade { from: free_from, to: from, kind: None });
            }
            free_from = free_from.max(to);
        }
        if free_from < 24 * 60 {
            shades.push(Shade { from: free_from, to: 24 * 60, kind: None });
        }
    }
    for kind in [SessionKind::Break, SessionKind::Leave] {
        shades.extend(mine(kind).into_iter().map(|(from, to)| Shade { from, to, kind: Some(kind) }));
    }
    shades
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wattle_domain::{AppointmentTypeId, PatientId, SessionTemplateId, UtcInstant};

    use super::*;

    fn day() -> ClinicDate {
        "2026-11-23".parse().unwrap()
    }

    fn lee() -> Practitioner {
        let json = r#"{"id":"00000000-0000-0000-0000-000000000001","user_id":null,"title":"Dr","family_name":"Lee",
            "given_name":null,"profession":null,"ahpra_number":null,"hpii":null,"prescriber_number":null,
            "usual_duration_min":15,"usual_room_id":null,"sort":1,"active":true}"#;
        serde_json::from_str(json).unwrap()
    }

    fn card(n: u128, start: u32, length: i64) -> Card {
        let start_at = ClinicZone::default().at_minute(day(), start);
        Card {
            id: AppointmentId(Uuid::from_u128(n)),
            practitioner_id: lee().id,
            patient_id: PatientId(Uuid::from_u128(n)),
            patient_name: "COSTA Maria".into(),
            birth_date: None,
            phone: None,
            type_id: AppointmentTypeId(Uuid::nil()),
            room_id: None,
            start_at,
            end_at: start_at.plus_minutes(length),
            status: AppointmentStatus::Booked,
            double_booking: false,
            note: None,
            arrived_at: None,
            started_at: None,
            finished_at: None,
            alert: false,
            new_patient: false,
            pending: false,
            updated_by: None,
            updated_at: UtcInstant(0),
        }
    }

    fn session(kind: SessionKind, from: i64, to: i64) -> SessionTemplate {
        SessionTemplate {
            id: SessionTemplateId(Uuid::nil()),
            practitioner_id: lee().id,
            kind,
            weekday: Some(0),
            from_date: None,
            to_date: None,
            starts_min: from,
            ends_min: to,
        }
    }

    fn laid(cards: Vec<Card>, sessions: Vec<SessionTemplate>) -> Laid {
        let book = DayBook { practitioners: vec![lee()], cards, sessions, ..DayBook::default() };
        lay(&book, ClinicZone::default(), day(), 1, None)
    }

    fn lanes(laid: &Laid) -> Vec<(u32, usize, usize)> {
        laid.of((lee().id, day())).map(|p| (p.start, p.lane, p.lanes)).collect()
    }

    #[test]
    fn overlaps_sit_side_by_side_and_the_rest_keeps_its_width() {
        let laid = laid(vec![card(1, 540, 30), card(2, 550, 15), card(3, 565, 15), card(4, 600, 15)], vec![]);
        assert_eq!(
            lanes(&laid),
            [(540, 0, 2), (550, 1, 2), (565, 1, 2), (600, 0, 1)],
            "the third follows the second in its lane, since the first still runs; the fourth stands alone"
        );
    }

    #[test]
    fn a_card_that_only_touches_is_no_overlap() {
        let laid = laid(vec![card(1, 540, 15), card(2, 555, 15)], vec![]);
        assert_eq!(lanes(&laid), [(540, 0, 1), (555, 0, 1)]);
        let key = (lee().id, day());
        assert!(laid.taken(key, 570, 585, None).is_none());
        assert_eq!(laid.taken(key, 560, 575, None).unwrap().start, 555);
        assert!(
            laid.taken(key, 560, 575, Some(AppointmentId(Uuid::from_u128(2)))).is_none(),
            "not by itself"
        );
    }

    #[test]
    fn who_did_not_come_takes_up_no_time() {
        let mut absent = card(1, 540, 15);
        absent.status = AppointmentStatus::DidNotAttend;
        let laid = laid(vec![absent], vec![]);
        assert!(laid.taken((lee().id, day()), 540, 555, None).is_none());
        assert_eq!(laid.columns[0].booked, 0);
    }

    #[test]
    fn outside_the_roster_and_breaks_are_shaded() {
        let sessions = vec![
            session(SessionKind::Session, 540, 720),
            session(SessionKind::Session, 780, 1020),
            session(SessionKind::Break, 630, 645),
        ];
        let shades = laid(vec![], sessions).columns[0].shades.clone();
        let spans: Vec<_> = shades.iter().map(|s| (s.from, s.to, s.kind)).collect();
        assert_eq!(
            spans,
            [(0, 540, None), (720, 780, None), (1020, 1440, None), (630, 645, Some(SessionKind::Break))]
        );
        assert!(laid(vec![], vec![]).columns[0].shades.is_empty(), "a clinic without rosters is open");
    }

    #[test]
    fn the_day_grows_with_what_is_in_it() {
        let laid = laid(vec![card(1, 6 * 60 + 15, 15), card(2, 19 * 60 + 50, 20)], vec![]);
        assert_eq!((laid.from, laid.to), (6 * 60, 21 * 60));
    }
}
