//! The letters and arrows of the day book.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::state::book::lay::SNAP_MIN;
use crate::state::book::{Book, Slot, movable};
use crate::state::desk::Desk;
use crate::verbs::reschedule;
use crate::verbs::step::{self, Step};

/// One press of an arrow, minutes; with Shift the grid's own 5.
const STRIDE_MIN: u32 = 15;

/// Whether the key meant something here.
pub(crate) fn pressed(ev: &KeyboardEvent, desk: Desk, book: Book) -> bool {
    let key = ev.key();
    let fine = ev.shift_key();
    if is_walking(&key) && !in_grid(ev) {
        return false;
    }
    match key.as_str() {
        "ArrowUp" => vertical(book, false, fine),
        "ArrowDown" => vertical(book, true, fine),
        "ArrowLeft" => sideways(book, -1),
        "ArrowRight" => sideways(book, 1),
        "Enter" => enter(desk, book),
        "b" | "B" => start_booking(desk, book),
        "m" | "M" => pick_up_or_put_down(desk, book),
        "a" | "A" => take(desk, book, Step::Arrive),
        "d" | "D" => take(desk, book, Step::DidNotAttend),
        "t" | "T" => book.go_to(desk.today.get_untracked()),
        "[" => book.step(-1),
        "]" => book.step(1),
        "w" | "W" => book.toggle_week(),
        _ => return false,
    }
    true
}

fn is_walking(key: &str) -> bool {
    matches!(key, "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" | "Enter")
}

/// Arrows and Enter belong to a button or list that has the focus; elsewhere they walk the grid.
fn in_grid(ev: &KeyboardEvent) -> bool {
    let target = ev.target().and_then(|t| t.dyn_into::<Element>().ok());
    target.is_none_or(|t| t.tag_name() == "BODY" || t.closest("[role=grid]").ok().flatten().is_some())
}

fn vertical(book: Book, down: bool, fine: bool) {
    let stride = if fine { SNAP_MIN } else { STRIDE_MIN };
    if book.carry.get_untracked().is_some() {
        let (from, to) = book.laid.with_untracked(|l| (l.from, l.to));
        book.carry.update(|carry| {
            let Some(c) = carry else { return };
            c.start = if down { c.start + SNAP_MIN } else { c.start.saturating_sub(SNAP_MIN) };
            c.start = c.start.clamp(from, to.saturating_sub(c.length).max(from));
        });
        return;
    }
    let minute = book.cursor.get_untracked().minute;
    // From a card the cursor goes to its end or to what is before it, so that no card is stepped over.
    let to = match (book.card_under(), down) {
        (Some(p), true) => p.end(),
        (Some(p), false) => before(book, p.start.saturating_sub(1), stride),
        (None, true) => after(book, minute, stride),
        (None, false) => before(book, minute.saturating_sub(1), stride),
    };
    book.walk(0, to);
}

/// The next line down, or the card that begins before it.
fn after(book: Book, minute: u32, stride: u32) -> u32 {
    let line = (minute / stride + 1) * stride;
    let Some(key) = book.column_under() else { return line };
    book.laid.with_untracked(|l| l.of(key).map(|p| p.start).find(|&s| s > minute && s < line)).unwrap_or(line)
}

/// The line up from a minute, or the start of the card that this minute is on.
fn before(book: Book, minute: u32, stride: u32) -> u32 {
    let line = minute / stride * stride;
    let Some(key) = book.column_under() else { return line };
    book.laid.with_untracked(|l| {
        let last = l.of(key).filter(|p| p.start <= minute && p.end() > line).last();
        match last {
            Some(p) if p.end() > minute => p.start,
            Some(p) => p.end(),
            None => line,
        }
    })
}

fn sideways(book: Book, by: isize) {
    if book.carry.get_untracked().is_some() {
        let count = book.laid.with_untracked(|l| l.columns.len());
        book.carry.update(|carry| {
            if let Some(c) = carry {
                c.column = c.column.saturating_add_signed(by).min(count.saturating_sub(1));
            }
        });
    } else {
        book.walk(by, book.cursor.get_untracked().minute);
    }
}

fn enter(desk: Desk, book: Book) {
    if book.carry.get_untracked().is_some() {
        reschedule::put_down(desk, book);
    } else if let Some(placed) = book.card_under() {
        book.in_hand.set(Some(placed.card.id));
    } else {
        start_booking(desk, book);
    }
}

/// Opens the booking at the cursor, unless somebody may not book.
pub(crate) fn start_booking(desk: Desk, book: Book) {
    use wattle_domain::role::{Action, Noun};
    if !desk.may((Noun::Appointment, Action::Write)) {
        desk.toasts.fault_with("Your role may look at the book but not write in it.", Vec::new());
        return;
    }
    if let Some(key) = book.column_under() {
        book.booking.set(Some(Slot { key, minute: book.cursor.get_untracked().minute }));
    }
}

fn pick_up_or_put_down(desk: Desk, book: Book) {
    if book.carry.get_untracked().is_some() {
        reschedule::put_down(desk, book);
        return;
    }
    match in_question(book) {
        Some(placed) if movable(&placed.card) => book.pick_up(&placed, false, false),
        Some(_) => desk.toasts.fault_with("Only an appointment that has not begun can be moved.", Vec::new()),
        None => {}
    }
}

fn take(desk: Desk, book: Book, step: Step) {
    let Some(placed) = in_question(book) else { return };
    if Step::after(placed.card.status).contains(&step) {
        step::take(desk, step, placed.card.id);
    } else {
        let said = match step {
            Step::Arrive => "This one has arrived already, or is over.",
            _ => "Only an appointment that has not begun can be marked so.",
        };
        desk.toasts.fault_with(said, Vec::new());
    }
}

/// The card under the cursor, else the one in the drawer.
fn in_question(book: Book) -> Option<crate::state::book::lay::Placed> {
    book.card_under().or_else(|| {
        let id = book.in_hand.get_untracked()?;
        book.laid.with_untracked(|l| l.cards.get(&id).cloned())
    })
}
