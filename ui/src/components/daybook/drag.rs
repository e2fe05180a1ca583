//! The pointer in the book: drag moves, the bottom edge resizes, Escape puts back (in `keys`).

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::PointerEvent;

use crate::state::book::lay::SNAP_MIN;
use crate::state::book::{Book, movable};
use crate::state::desk::Desk;
use crate::verbs::reschedule;
use wattle_domain::AppointmentId;

/// Pixels the pointer must move before a press becomes a drag.
const SLACK: f64 = 4.0;
/// Pixels from the edge of the book at which it scrolls.
const EDGE: f64 = 36.0;
/// Width of the gutter with the hours, pixels; the same in `daybook.css`.
pub(crate) const GUTTER: f64 = 64.0;

/// A press on a card that may become a drag.
#[derive(Clone, Copy)]
struct Press {
    id: AppointmentId,
    resize: bool,
    at: (f64, f64),
    /// Minutes from the card's start to the pointer.
    grab: f64,
    /// It has become a drag. When nothing is carried any more, Escape has put the card back.
    dragging: bool,
}

/// The pointer's part of the book.
#[derive(Clone, Copy)]
pub(crate) struct Drag {
    press: StoredValue<Option<Press>>,
    /// The click that ends a drag is none.
    pub(crate) just_dropped: StoredValue<bool>,
    book: Book,
    body: NodeRef<Div>,
    scroller: NodeRef<Div>,
}

impl Drag {
    /// Listens on the window as long as the book is there.
    pub(crate) fn new(desk: Desk, book: Book, body: NodeRef<Div>, scroller: NodeRef<Div>) -> Self {
        let drag = Self {
            press: StoredValue::new(None),
            just_dropped: StoredValue::new(false),
            book,
            body,
            scroller,
        };
        let moves = window_event_listener(ev::pointermove, move |ev| drag.moved(&ev));
        let ups = window_event_listener(ev::pointerup, move |_| drag.released(desk));
        let cancels = window_event_listener(ev::pointercancel, move |_| drag.dropped());
        on_cleanup(move || {
            moves.remove();
            ups.remove();
            cancels.remove();
        });
        drag
    }

    /// A press on a card, or on its lower edge.
    pub(crate) fn pressed(self, ev: &PointerEvent, id: AppointmentId, resize: bool) {
        if ev.button() != 0 {
            return;
        }
        let at = (f64::from(ev.client_x()), f64::from(ev.client_y()));
        let start = self.book.laid.with_untracked(|l| l.cards.get(&id).map(|p| p.start));
        let Some((start, (_, minute))) = start.zip(self.place(at)) else { return };
        self.press.set_value(Some(Press {
            id,
            resize,
            at,
            grab: minute - f64::from(start),
            dragging: false,
        }));
        // A drag must not select text on its way.
        ev.prevent_default();
    }

    /// Column and minute (not snapped) of a point of the window.
    pub(crate) fn place(self, (x, y): (f64, f64)) -> Option<(usize, f64)> {
        let rect = self.body.get_untracked()?.get_bounding_client_rect();
        let (count, from) = self.book.laid.with_untracked(|l| (l.columns.len(), l.from));
        if count == 0 {
            return None;
        }
        let width = (rect.width() - GUTTER) / count as f64;
        let column = ((x - rect.left() - GUTTER) / width).floor().clamp(0.0, count as f64 - 1.0);
        let minute = (y - rect.top()) / self.book.px() + f64::from(from);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // clamped to a small positive number above
        Some((column as usize, minute))
    }

    fn moved(self, ev: &PointerEvent) {
        let Some(Some(press)) = self.press.try_get_value() else { return };
        let at = (f64::from(ev.client_x()), f64::from(ev.client_y()));
        if press.dragging && self.book.carry.with_untracked(Option::is_none) {
            return;
        }
        if !press.dragging {
            if (at.0 - press.at.0).abs().max((at.1 - press.at.1).abs()) < SLACK {
                return;
            }
            let placed = self.book.laid.with_untracked(|l| l.cards.get(&press.id).cloned());
            match placed {
                Some(placed) if movable(&placed.card) => self.book.pick_up(&placed, true, press.resize),
                _ => {
                    self.press.set_value(None);
                    return;
                }
            }
            self.press.set_value(Some(Press { dragging: true, ..press }));
        }
        self.scroll(at);
        let Some((column, minute)) = self.place(at) else { return };
        let (from, to) = self.book.laid.with_untracked(|l| (l.from, l.to));
        self.book.carry.update(|carry| {
            let Some(c) = carry else { return };
            if c.resize {
                let end = snap(minute).clamp(c.start + SNAP_MIN, to);
                c.length = end - c.start;
            } else {
                c.column = column;
                c.start = snap(minute - press.grab).clamp(from, to.saturating_sub(c.length).max(from));
            }
        });
    }

    fn released(self, desk: Desk) {
        let press = self.press.try_update_value(Option::take).flatten();
        if !press.is_some_and(|p| p.dragging) {
            return;
        }
        self.just_dropped.set_value(true);
        set_timeout(
            move || {
                self.just_dropped.try_set_value(false);
            },
            std::time::Duration::ZERO,
        );
        if self.book.carry.with_untracked(|c| c.as_ref().is_some_and(|c| c.by_pointer)) {
            reschedule::put_down(desk, self.book);
        }
    }

    /// The drag ended somewhere else.
    fn dropped(self) {
        self.press.try_set_value(None);
        self.book.put_back();
    }

    /// Near the upper or lower edge the book comes along.
    fn scroll(self, at: (f64, f64)) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let scroller: &web_sys::Element = scroller.unchecked_ref();
        let rect = scroller.get_bounding_client_rect();
        let by = if at.1 < rect.top() + EDGE + 44.0 {
            -14
        } else if at.1 > rect.bottom() - EDGE {
            14
        } else {
            return;
        };
        scroller.set_scroll_top(scroller.scroll_top() + by);
    }
}

/// The nearest 5 minutes.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a minute of a day
fn snap(minute: f64) -> u32 {
    let step = f64::from(SNAP_MIN);
    ((minute.max(0.0) / step).round() * step) as u32
}
