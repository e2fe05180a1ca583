//! Keys that work from anywhere, and the lock after idle.
//!
//! A page's own letters are asked last and never while somebody types.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::clock;
use crate::components::attention::keys as attention;
use crate::components::daybook::keys as daybook;
use crate::components::record::keys as record_keys;
use crate::components::results_keys;
use crate::state::book::Book;
use crate::state::desk::{Desk, Page};
use crate::state::patients::Patients;
use crate::state::record::Record;
use crate::state::results::Results;
use crate::state::scans::Scanned;

/// Minutes without a key or the pointer after which the curtain is drawn.
const IDLE_MIN: i64 = 10;

/// Listens for as long as the desk is there.
pub(crate) fn listen(desk: Desk, book: Book, record: Record) {
    let (patients, results) = (expect_context::<Patients>(), expect_context::<Results>());
    let scanned = expect_context::<Scanned>();
    let of_page = move |ev: &KeyboardEvent| match desk.page.get_untracked() {
        Page::Results => results_keys::pressed(ev, desk, patients, results),
        Page::Scans => match ev.key().as_str() {
            "j" | "ArrowDown" => scanned.step(true),
            "k" | "ArrowUp" => scanned.step(false),
            _ => false,
        },
        _ => false,
    };
    let handle = window_event_listener(ev::keydown, move |ev| {
        if !desk.locked.get_untracked() && anywhere(&ev, desk, book, record, &of_page) {
            ev.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether somebody types into a box, or goes through a list of choices by letters.
pub(crate) fn typing(ev: &KeyboardEvent) -> bool {
    let target = ev.target().and_then(|t| t.dyn_into::<Element>().ok());
    target.is_some_and(|t| matches!(t.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

fn anywhere(
    ev: &KeyboardEvent,
    desk: Desk,
    book: Book,
    record: Record,
    of_page: &dyn Fn(&KeyboardEvent) -> bool,
) -> bool {
    let key = ev.key();
    if ev.ctrl_key() || ev.meta_key() {
        return match key.to_lowercase().as_str() {
            "k" => {
                desk.search.update(|s| *s = !*s);
                true
            }
            "l" => {
                desk.lock();
                true
            }
            "z" if !typing(ev) && !ev.shift_key() => {
                desk.undo.last(desk);
                true
            }
            _ => false,
        };
    }
    if let Some(page) = function_key(&key) {
        desk.page.set(page);
        return true;
    }
    if desk.search.get_untracked() || book.over.get_untracked().is_some() || ev.alt_key() {
        return false;
    }
    if key == "Escape" {
        return desk.page.get_untracked() == Page::Patients && record_keys::escape(record)
            || escape(desk, book);
    }
    if typing(ev) {
        return false;
    }
    match key.as_str() {
        "/" => desk.search.set(true),
        "?" => desk.page.set(Page::Help),
        _ => {
            return match desk.page.get_untracked() {
                Page::DayBook => book.booking.get_untracked().is_none() && daybook::pressed(ev, desk, book),
                Page::Attention => attention::pressed(ev),
                Page::Patients => record_keys::pressed(ev, record),
                _ => of_page(ev),
            };
        }
    }
    true
}

fn function_key(key: &str) -> Option<Page> {
    Some(match key {
        "F2" => Page::DayBook,
        "F3" => Page::Waiting,
        "F4" => Page::Patients,
        "F6" => Page::Attention,
        "F7" => Page::Sync,
        _ => return None,
    })
}

/// Puts back what is in the air, else closes what is open, innermost first.
fn escape(desk: Desk, book: Book) -> bool {
    if book.carry.get_untracked().is_some() || book.booking.get_untracked().is_some() {
        book.put_back();
    } else if book.somebody.get_untracked().is_some() {
        book.somebody.set(None);
    } else if book.in_hand.get_untracked().is_some() {
        book.in_hand.set(None);
    } else if desk.page.get_untracked() == Page::Help {
        desk.page.set(Page::DayBook);
    } else {
        return false;
    }
    true
}

/// Draws the curtain after idle minutes.
pub(crate) fn lock_when_idle(desk: Desk) {
    let last = StoredValue::new(clock::now());
    let touch = move || {
        last.try_set_value(clock::now());
    };
    let keys = window_event_listener(ev::keydown, move |_| touch());
    let moves = window_event_listener(ev::pointermove, move |_| touch());
    let presses = window_event_listener(ev::pointerdown, move |_| touch());
    on_cleanup(move || {
        keys.remove();
        moves.remove();
        presses.remove();
    });
    Effect::new(move |_| {
        let now = desk.minute.get();
        if !desk.locked.get_untracked() && now.minutes_since(last.get_value()) >= IDLE_MIN {
            desk.lock();
        } else if desk.locked.get() {
            touch();
        }
    });
}
