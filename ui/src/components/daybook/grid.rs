//! The grid: sticky heads, hours, columns, now-line. An ARIA grid whose rows are the columns one sees, since a screen reader
//! is better served by "Dr Lee: 9:00, 9:15 …" than by quarter hours across practitioners.

use leptos::html::Div;
use leptos::prelude::*;

use crate::components::daybook::card::short;
use crate::components::daybook::column::{DayColumn, px};
use crate::components::daybook::drag::{Drag, GUTTER};
use crate::show;
use crate::state::book::lay::{Column, ColumnKey};
use crate::state::book::{Book, Span, book};
use crate::state::desk::{Desk, desk};

/// Everything under the toolbar.
#[component]
pub(crate) fn Grid() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let body = NodeRef::<Div>::new();
    let scroller = NodeRef::<Div>::new();
    let drag = Drag::new(desk, book, body, scroller);
    provide_context(drag);
    let keys = Memo::new(move |_| book.laid.with(|l| l.columns.iter().map(Column::key).collect::<Vec<_>>()));
    let indexed = move || keys.get().into_iter().enumerate().collect::<Vec<_>>();
    let hours = move || book.laid.with(|l| l.from / 60..=l.to / 60).collect::<Vec<_>>();
    let from = book.first;
    let height = move || book.laid.with(|l| f64::from(l.to - l.from) * book.px());
    scroll_to_now(desk, book, scroller);
    follow_cursor(book, scroller);
    let scrolled = move |_| {
        let Some(element) = scroller.get_untracked() else { return };
        book.scroll_top.set_value(Some(element.scroll_top()));
        let window = near(book, f64::from(element.scroll_top()), f64::from(element.client_height()));
        if book.window.get_untracked() != window {
            book.window.set(window);
        }
    };
    let active = move || {
        let at = book.cursor.get();
        let under = book.laid.with(|l| {
            let key = l.columns.get(at.column)?.key();
            l.at(key, at.minute).map(|p| format!("card-{}", p.card.id))
        });
        under.unwrap_or_else(|| "slot-cursor".to_owned())
    };
    view! {
        <div class="grid" role="grid" tabindex="0" aria-label="Day book" aria-activedescendant=active data-testid="daybook-grid"
            data-start-min=move || from.get() data-px-per-min=move || book.px() node_ref=scroller on:scroll=scrolled
            class:carrying=move || book.carry.with(Option::is_some) class:looking=move || book.somebody.with(Option::is_some)
            style:--px=move || format!("{}px", book.px()) style:--gutter=format!("{GUTTER}px")
            style:--columns=move || keys.with(Vec::len).max(1).to_string()>
            <div class="heads" role="row">
                <div class="corner" role="columnheader" aria-label="Time"></div>
                <For each=indexed key=|(i, key)| (*i, *key) let((_, key))>
                    <Head key=key />
                </For>
            </div>
            <div class="grid-body" node_ref=body style:height=move || format!("{}px", height())>
                <div class="hours" aria-hidden="true">
                    {move || hours().into_iter().map(|h| {
                        let top = move || format!("{}px", (f64::from(h * 60) - f64::from(from.get())) * book.px());
                        view! { <span class="hour" style:top=top>{hour(h)}</span> }
                    }).collect_view()}
                    <NowTime />
                </div>
                <For each=indexed key=|(i, key)| (*i, *key) let((index, key))>
                    <DayColumn index=index key=key />
                </For>
            </div>
        </div>
    }
}

/// The hours in the window and two around, in whole hours so that it seldom changes.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // minutes of a day
fn near(book: Book, top: f64, height: f64) -> (u32, u32) {
    let from = book.laid.with_untracked(|l| l.from);
    let hour = |px: f64| (px / book.px() / 60.0).max(0.0) as u32 * 60 + from;
    (hour(top).saturating_sub(120), hour(top + height) + 180)
}

/// `9 am`.
fn hour(h: u32) -> String {
    match h {
        0 | 24 => "12 am".to_owned(),
        12 => "12 pm".to_owned(),
        h if h < 12 => format!("{h} am"),
        h => format!("{} pm", h - 12),
    }
}

#[component]
fn Head(key: ColumnKey) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let column = Memo::new(move |_| book.laid.with(|l| l.columns.iter().find(|c| c.key() == key).cloned()));
    let title = move || match book.span.get() {
        Span::Day => {
            column.with(|c| c.as_ref().map(|c| show::practitioner(&c.practitioner))).unwrap_or_default()
        }
        Span::Week(_) => key.1.0.format("%a %-d %b").to_string(),
    };
    let total = move || {
        column.with(|c| {
            let Some(c) = c else { return String::new() };
            match (c.booked, c.waiting) {
                (0, _) => "nobody booked".to_owned(),
                (n, 0) => format!("{n} booked"),
                (n, w) => format!("{n} booked, {w} waiting"),
            }
        })
    };
    let mine = move || desk.session.with(|s| s.as_ref().and_then(|s| s.practitioner_id)) == Some(key.0);
    view! {
        <div class="head" role="columnheader" data-testid="column-head" data-practitioner=key.0.to_string()
            class:mine=move || matches!(book.span.get(), Span::Day) && mine() class:today=move || matches!(book.span.get(), Span::Week(_)) && key.1 == desk.today.get()>
            <b class="cut">{title}</b>
            <span class="soft cut tabular">{total}</span>
        </div>
    }
}

/// The time, beside the hours, while today shows.
#[component]
fn NowTime() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let here = Memo::new(move |_| {
        let (today, minute) = (desk.today.get(), desk.zone.get().minute_of_day(desk.minute.get()));
        book.laid.with(|l| {
            let shows = (l.from..l.to).contains(&minute) && l.columns.iter().any(|c| c.date == today);
            shows.then_some(minute)
        })
    });
    view! {
        {move || here.get().map(|minute| view! {
            <span class="now-time" style:top=move || px(book, minute)>{move || short(&desk.zone.get().clock(desk.minute.get()))}</span>
        })}
    }
}

/// The first time a day is there: an hour before now, or where the day begins.
fn scroll_to_now(desk: Desk, book: Book, scroller: NodeRef<Div>) {
    let seen = StoredValue::new(None);
    Effect::new(move |_| {
        let (Some(element), true) = (scroller.get(), book.laid.with(|l| !l.columns.is_empty())) else {
            return;
        };
        let day = book.day.get();
        if seen.get_value() == Some(day) {
            return;
        }
        // Walking through the days keeps the hour that one looks at.
        let first = seen.get_value().is_none();
        seen.set_value(Some(day));
        if let (true, Some(top)) = (first, book.scroll_top.get_value()) {
            request_animation_frame(move || {
                element.set_scroll_top(top);
                drop(element.focus());
            });
        } else if first {
            let minute = desk.zone.get_untracked().minute_of_day(desk.now.get_untracked());
            let is_today = day == desk.today.get_untracked();
            let (from, to) = book.laid.with_untracked(|l| (l.from, l.to));
            let minute = if is_today && minute < to { minute } else { 8 * 60 + 30 };
            let cursor = (minute.max(from) / 15 * 15).min(to.saturating_sub(15));
            book.cursor.update(|c| c.minute = cursor);
            let top = f64::from(minute.saturating_sub(from).saturating_sub(60)) * book.px();
            request_animation_frame(move || {
                #[allow(clippy::cast_possible_truncation)] // pixels
                element.set_scroll_top(top as i32);
                drop(element.focus());
            });
        }
    });
}

/// Keeps the keyboard's place, or the card it carries, in sight.
fn follow_cursor(book: Book, scroller: NodeRef<Div>) {
    Effect::new(move |before: Option<(u32, usize)>| {
        let carried = book.carry.with(|c| c.as_ref().filter(|c| !c.by_pointer).map(|c| (c.start, c.column)));
        let cursor = book.cursor.get();
        let (minute, column) = carried.unwrap_or((cursor.minute, cursor.column));
        if before.is_none_or(|b| b == (minute, column)) {
            return (minute, column);
        }
        let Some(element) = scroller.get_untracked() else { return (minute, column) };
        let from = book.laid.with_untracked(|l| l.from);
        let y = f64::from(minute.saturating_sub(from)) * book.px();
        let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()) - 48.0);
        #[allow(clippy::cast_possible_truncation)] // pixels
        if y < top + 20.0 {
            element.set_scroll_top((y - 60.0).max(0.0) as i32);
        } else if y > top + height - 60.0 {
            element.set_scroll_top((y - height + 120.0) as i32);
        }
        sideways(&element, column, book.laid.with_untracked(|l| l.columns.len()));
        (minute, column)
    });
}

/// Brings a column into sight when there are more than fit.
#[allow(clippy::cast_possible_truncation)] // pixels
fn sideways(element: &web_sys::Element, column: usize, count: usize) {
    let width = (f64::from(element.scroll_width()) - GUTTER) / count.max(1) as f64;
    let (from, seen) = (width * column as f64, f64::from(element.client_width()) - GUTTER);
    let left = f64::from(element.scroll_left());
    if from < left {
        element.set_scroll_left(from as i32);
    } else if from + width > left + seen {
        element.set_scroll_left((from + width - seen) as i32);
    }
}
