//! One column: shades, cards, the cursor, what hangs over it.

use leptos::prelude::*;
use wattle_domain::fields::SessionKind;
use wattle_domain::{AppointmentId, ClinicDate};

use crate::components::daybook::card::CardView;
use crate::components::daybook::drag::Drag;
use crate::components::daybook::keys::start_booking;
use crate::show;
use crate::state::book::lay::{ColumnKey, SNAP_MIN, Shade};
use crate::state::book::{Book, Cursor, book};
use crate::state::desk::desk;

/// From this many cards on, only those near the window are in the page.
const MANY: usize = 400;

/// Of one practitioner and day.
#[component]
pub(crate) fn DayColumn(index: usize, key: ColumnKey) -> impl IntoView {
    let (desk, book, drag) = (desk(), book(), expect_context::<Drag>());
    let cards = Memo::new(move |_| visible(book, key));
    let shades = Memo::new(move |_| {
        book.laid.with(|l| l.columns.get(index).map(|c| c.shades.clone())).unwrap_or_default()
    });
    let hover = RwSignal::new(None::<u32>);
    let name = move || format!("{}, {}", book.practitioner_name(key.0), key.1.long());
    let click = move |ev: leptos::ev::MouseEvent| {
        if drag.just_dropped.get_value() {
            return;
        }
        let at = drag.place((f64::from(ev.client_x()), f64::from(ev.client_y())));
        if let Some((_, minute)) = at {
            book.cursor.set(Cursor { column: index, minute: slot(minute) });
            start_booking(desk, book);
        }
    };
    let moved = move |ev: leptos::ev::PointerEvent| {
        let on_card = ev.target().is_some_and(|t| t != ev.current_target().unwrap_or_else(|| t.clone()));
        let at = drag.place((f64::from(ev.client_x()), f64::from(ev.client_y())));
        let busy = book.carry.with_untracked(Option::is_some) || on_card;
        let minute = at.filter(|_| !busy).map(|(_, m)| slot(m));
        if hover.get_untracked() != minute {
            hover.set(minute);
        }
    };
    view! {
        <div class="column" role="row" aria-label=name data-testid="column" data-practitioner=key.0.to_string() data-date=key.1.to_string()
            on:click=click on:pointermove=moved on:pointerleave=move |_| hover.set(None)>
            {move || shades.get().into_iter().map(|s| shade(book, s)).collect_view()}
            {move || hover.get().filter(|_| book.booking.with(Option::is_none)).map(|minute| view! {
                <div class="hover" aria-hidden="true" style:top=move || px(book, minute) style:height=move || length(book, 15)>
                    {desk.zone.get_untracked().clock(book.instant(desk, key, minute))}
                </div>
            })}
            <NowLine date=key.1 />
            <For each=move || cards.get() key=|id| *id let:id>
                <CardView id=id />
            </For>
            <CursorCell index=index key=key />
            <Ghost index=index key=key />
            <BookingGhost key=key />
        </div>
    }
}

/// The quarter hour that a minute is in.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a minute of a day
fn slot(minute: f64) -> u32 {
    minute.max(0.0) as u32 / 15 * 15
}

fn visible(book: Book, key: ColumnKey) -> Vec<AppointmentId> {
    book.laid.with(|l| {
        let all = l.order.get(&key).cloned().unwrap_or_default();
        if l.cards.len() < MANY {
            return all;
        }
        let (top, bottom) = book.window.get();
        all.into_iter().filter(|id| l.cards.get(id).is_some_and(|p| p.touches(top, bottom))).collect()
    })
}

/// Where a minute is, from the top of the column.
pub(crate) fn px(book: Book, minute: u32) -> String {
    format!("{}px", (f64::from(minute) - f64::from(book.first.get())) * book.px())
}

/// How tall some minutes are.
pub(crate) fn length(book: Book, minutes: u32) -> String {
    format!("{}px", f64::from(minutes) * book.px())
}

fn shade(book: Book, s: Shade) -> impl IntoView {
    let (from, to) = book.laid.with_untracked(|l| (l.from, l.to));
    let (start, end) = (s.from.max(from), s.to.min(to));
    let (class, word) = match s.kind {
        Some(SessionKind::Break) => ("shade break", "Break"),
        Some(SessionKind::Leave) => ("shade leave", "Leave"),
        _ => ("shade", ""),
    };
    (start < end).then(|| {
        view! {
            <div class=class style:top=move || px(book, start) style:height=move || length(book, end - start)>
                <span>{word}</span>
            </div>
        }
    })
}

/// Where we are in the day: a line behind the cards, so that no name is struck through, and a tick before them.
#[component]
fn NowLine(date: ClinicDate) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let minute = Memo::new(move |_| {
        let minute = desk.zone.get().minute_of_day(desk.minute.get());
        let shows = desk.today.get() == date && book.laid.with(|l| (l.from..l.to).contains(&minute));
        shows.then_some(minute)
    });
    view! {
        {move || minute.get().map(|m| view! {
            <div class="now-line" aria-hidden="true" style:top=move || px(book, m)></div>
            <div class="now-tick" aria-hidden="true" style:top=move || px(book, m)></div>
        })}
    }
}

/// The keyboard's place when it is on no card.
#[component]
fn CursorCell(index: usize, key: ColumnKey) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let minute = Memo::new(move |_| {
        let at = book.cursor.get();
        let free = book.laid.with(|l| l.at(key, at.minute).is_none());
        (at.column == index && free && book.carry.with(Option::is_none)).then_some(at.minute)
    });
    view! {
        {move || minute.get().map(|m| {
            let time = desk.zone.get_untracked().clock(book.instant(desk, key, m));
            view! {
                <div class="cursor" id="slot-cursor" role="gridcell" data-testid="slot-cursor"
                    aria-label=format!("{}, {time}, free", book.practitioner_name(key.0))
                    style:top=move || px(book, m) style:height=move || length(book, 15)></div>
            }
        })}
    }
}

/// Where the carried card would go.
#[component]
fn Ghost(index: usize, key: ColumnKey) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let here = Memo::new(move |_| book.carry.with(|c| c.clone().filter(|c| c.column == index)));
    view! {
        {move || here.get().map(|c| {
            let zone = desk.zone.get_untracked();
            let taken = book.laid.with(|l| {
                l.taken(key, c.start, c.start + c.length, Some(c.from.card.id)).map(|p| p.card.patient_name.clone())
            });
            let at = |m| zone.clock(book.instant(desk, key, m));
            let times = if c.resize {
                format!("{} to {} ({})", at(c.start), at(c.start + c.length), show::minutes(c.length.into()))
            } else {
                at(c.start)
            };
            let tall = f64::from(c.length) * book.px() >= 40.0;
            let said = taken.as_ref().map(|who| format!("Taken: {who}"));
            view! {
                <div class="ghost" class:taken=taken.is_some() class:tall=tall data-testid="ghost" data-taken=taken.is_some().to_string() role="status"
                    style:top=move || px(book, c.start) style:height=move || length(book, c.length.max(SNAP_MIN))>
                    <b class="tabular">{times}</b>
                    <span class="cut">{said.unwrap_or_else(|| c.from.card.patient_name.clone())}</span>
                </div>
            }
        })}
    }
}

/// The slot that is being booked.
#[component]
fn BookingGhost(key: ColumnKey) -> impl IntoView {
    let book = book();
    let minutes = Memo::new(move |_| {
        book.booking
            .with(|b| b.as_ref().filter(|b| b.key == key).map(|b| (b.minute, book.booking_length.get())))
    });
    view! {
        {move || minutes.get().map(|(minute, len)| {
            view! { <div class="ghost booking-ghost" aria-hidden="true" style:top=move || px(book, minute) style:height=move || length(book, len)></div> }
        })}
    }
}
