//! The day book: which days show, what is in them, where the cursor is, what is in hand.

use leptos::prelude::*;
use wattle_domain::entities::{AppointmentType, Location, Practitioner};
use wattle_domain::{
    AppointmentId, AppointmentTypeId, ClinicDate, LocationId, PatientId, PractitionerId, UtcInstant,
};
use wattle_protocol::ipc::daybook::{Card, DayBook, DayBookQuery};

use crate::ipc;
use crate::show;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;
use crate::state::waiting::Waiting;
use lay::{ColumnKey, Laid, Placed, SNAP_MIN, lay};

pub(crate) mod lay;

/// One day of everybody, or a week of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Practitioners side by side.
    Day,
    /// Monday to Sunday of one practitioner.
    Week(PractitionerId),
}

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which column, from the left.
    pub(crate) column: usize,
    /// Minute of the day.
    pub(crate) minute: u32,
}

/// A card that is being moved or made longer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Carry {
    /// The card as it was.
    pub(crate) from: Placed,
    /// By the pointer; else by the arrow keys.
    pub(crate) by_pointer: bool,
    /// Its bottom edge; else all of it.
    pub(crate) resize: bool,
    /// The column it hangs over.
    pub(crate) column: usize,
    /// Where it would begin.
    pub(crate) start: u32,
    /// How long it would be.
    pub(crate) length: u32,
}

/// A slot that is being booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Whose column of which day.
    pub(crate) key: ColumnKey,
    /// Minute of the day.
    pub(crate) minute: u32,
}

/// Somebody a slot is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Somebody {
    /// Who.
    pub(crate) id: PatientId,
    /// `COSTA Maria`.
    pub(crate) name: String,
    /// Birth date, to tell namesakes apart.
    pub(crate) birth_date: Option<ClinicDate>,
}

/// A move onto a slot that is taken: it waits for a yes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Over {
    /// What was carried.
    pub(crate) carry: Carry,
    /// Who is there.
    pub(crate) taken_by: String,
}

/// All of it.
#[derive(Clone, Copy)]
pub(crate) struct Book {
    /// The day, or a day of the week.
    pub(crate) day: RwSignal<ClinicDate>,
    /// Day or week.
    pub(crate) span: RwSignal<Span>,
    /// What the shell says.
    pub(crate) data: Live<DayBook>,
    /// Where everything stands.
    pub(crate) laid: Memo<Laid>,
    /// The first minute of the day that shows.
    pub(crate) first: Memo<u32>,
    /// Closer lines.
    pub(crate) dense: RwSignal<bool>,
    /// The keyboard's place.
    pub(crate) cursor: RwSignal<Cursor>,
    /// The appointment in the drawer.
    pub(crate) in_hand: RwSignal<Option<AppointmentId>>,
    /// The card that is being moved.
    pub(crate) carry: RwSignal<Option<Carry>>,
    /// The slot that is being booked.
    pub(crate) booking: RwSignal<Option<Slot>>,
    /// How long it will be, minutes.
    pub(crate) booking_length: RwSignal<u32>,
    /// Minutes of the day near the window; cards beyond are left out of a full book.
    pub(crate) window: RwSignal<(u32, u32)>,
    /// How far the book is scrolled, pixels: it is there again after a look at another page.
    pub(crate) scroll_top: StoredValue<Option<i32>>,
    /// Somebody a slot is looked for.
    pub(crate) somebody: RwSignal<Option<Somebody>>,
    /// A move that waits for a yes.
    pub(crate) over: RwSignal<Option<Over>>,
    waiting: Waiting,
}

impl Book {
    /// Begins with today.
    pub(crate) fn new(desk: Desk, waiting: Waiting) -> Self {
        let day = RwSignal::new(desk.today.get_untracked());
        let span = RwSignal::new(Span::Day);
        let data = Live::new(
            move || {
                if !matches!(desk.stage.get(), Stage::Desk(_)) {
                    return None;
                }
                let query = match span.get() {
                    Span::Day => DayBookQuery { from: day.get(), days: 1, practitioner_id: None },
                    Span::Week(id) => {
                        DayBookQuery { from: day.get().monday(), days: 7, practitioner_id: Some(id) }
                    }
                };
                Some((query, desk.book_moved()))
            },
            |(query, _)| ipc::daybook::day_book(query),
        );
        let laid = Memo::new(move |_| {
            let (from, days, only) = match span.get() {
                Span::Day => (day.get(), 1, None),
                Span::Week(id) => (day.get().monday(), 7, Some(id)),
            };
            data.value.with(|book| match book {
                Some(book) => lay(book, desk.zone.get(), from, days, only),
                None => Laid::default(),
            })
        });
        Self {
            day,
            span,
            data,
            laid,
            first: Memo::new(move |_| laid.with(|l| l.from)),
            dense: RwSignal::new(false),
            cursor: RwSignal::new(Cursor { column: 0, minute: 9 * 60 }),
            in_hand: RwSignal::new(None),
            carry: RwSignal::new(None),
            booking: RwSignal::new(None),
            booking_length: RwSignal::new(15),
            window: RwSignal::new((0, 24 * 60)),
            scroll_top: StoredValue::new(None),
            somebody: RwSignal::new(None),
            over: RwSignal::new(None),
            waiting,
        }
    }

    /// Pixels a minute takes.
    pub(crate) fn px(self) -> f64 {
        if self.dense.get() { 1.4 } else { 1.8 }
    }

    /// The card of an appointment, wherever the page has it.
    pub(crate) fn card(self, id: AppointmentId) -> Option<Card> {
        let in_book = self.laid.with(|laid| laid.cards.get(&id).map(|p| p.card.clone()));
        in_book.or_else(|| {
            self.waiting.room.value.with(|room| {
                let room = room.as_ref()?;
                let lines = room.waiting.iter().chain(&room.in_consult).chain(&room.expected);
                lines.map(|line| &line.card).find(|card| card.id == id).cloned()
            })
        })
    }

    /// An appointment type.
    pub(crate) fn kind(self, id: AppointmentTypeId) -> Option<AppointmentType> {
        self.data.value.with(|b| b.as_ref().and_then(|b| b.types.iter().find(|t| t.id == id).cloned()))
    }

    /// A practitioner.
    pub(crate) fn practitioner(self, id: PractitionerId) -> Option<Practitioner> {
        self.data
            .value
            .with(|b| b.as_ref().and_then(|b| b.practitioners.iter().find(|p| p.id == id).cloned()))
    }

    /// `Dr Lee`, or nothing.
    pub(crate) fn practitioner_name(self, id: PractitionerId) -> String {
        self.practitioner(id).map(|p| show::practitioner(&p)).unwrap_or_default()
    }

    /// A room.
    pub(crate) fn room(self, id: LocationId) -> Option<Location> {
        self.data.value.with(|b| b.as_ref().and_then(|b| b.locations.iter().find(|l| l.id == id).cloned()))
    }

    /// Goes to a day; what was carried or being booked is put back.
    pub(crate) fn go_to(self, day: ClinicDate) {
        self.put_back();
        self.day.set(day);
    }

    /// A day, or a week, back or forth.
    pub(crate) fn step(self, by: i64) {
        let days = match self.span.get_untracked() {
            Span::Day => by,
            Span::Week(_) => by * 7,
        };
        self.go_to(self.day.get_untracked().plus_days(days));
    }

    /// Day to week and back; the week is that of the column under the cursor.
    pub(crate) fn toggle_week(self) {
        self.put_back();
        match self.span.get_untracked() {
            Span::Week(_) => self.span.set(Span::Day),
            Span::Day => {
                let id = self.column_under().map(|(id, _)| id);
                let first = || self.laid.with_untracked(|l| l.columns.first().map(|c| c.practitioner.id));
                if let Some(id) = id.or_else(first) {
                    self.span.set(Span::Week(id));
                    self.cursor.update(|c| c.column = usize::from(self.day.get_untracked().weekday()));
                }
            }
        }
    }

    /// Nothing is carried or being booked any more.
    pub(crate) fn put_back(self) {
        self.carry.set(None);
        self.booking.set(None);
        self.over.set(None);
    }

    /// The column under the cursor.
    pub(crate) fn column_under(self) -> Option<ColumnKey> {
        let at = self.cursor.get_untracked().column;
        self.laid.with_untracked(|l| l.columns.get(at).map(lay::Column::key))
    }

    /// The card under the cursor.
    pub(crate) fn card_under(self) -> Option<Placed> {
        let key = self.column_under()?;
        let minute = self.cursor.get_untracked().minute;
        self.laid.with_untracked(|l| l.at(key, minute).cloned())
    }

    /// Moves the cursor, inside the book.
    pub(crate) fn walk(self, columns: isize, to_minute: u32) {
        let (count, from, to) = self.laid.with_untracked(|l| (l.columns.len(), l.from, l.to));
        self.cursor.update(|c| {
            c.column = c.column.saturating_add_signed(columns).min(count.saturating_sub(1));
            c.minute = to_minute.clamp(from, to.saturating_sub(SNAP_MIN).max(from));
        });
    }

    /// When a minute of a column is.
    pub(crate) fn instant(self, desk: Desk, key: ColumnKey, minute: u32) -> UtcInstant {
        desk.zone.get_untracked().at_minute(key.1, minute)
    }

    /// Takes a card up. A card that is with the practitioner or past stays where it is.
    pub(crate) fn pick_up(self, placed: &Placed, by_pointer: bool, resize: bool) {
        let column = self.laid.with_untracked(|l| l.columns.iter().position(|c| c.key() == placed.column));
        let Some(column) = column else { return };
        self.carry.set(Some(Carry {
            column,
            start: placed.start,
            length: placed.length,
            from: placed.clone(),
            by_pointer,
            resize,
        }));
    }
}

/// Whether an appointment can still be moved.
pub(crate) fn movable(card: &Card) -> bool {
    use wattle_domain::fields::AppointmentStatus::{Arrived, Booked, Confirmed};
    matches!(card.status, Booked | Confirmed | Arrived)
}

/// The book, from anywhere below the desk.
pub(crate) fn book() -> Book {
    expect_context::<Book>()
}
