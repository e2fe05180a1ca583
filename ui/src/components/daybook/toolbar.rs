//! Which day, day or week, how close the lines.

use leptos::prelude::*;
use wattle_protocol::ipc::papers::PaperQuery;

use crate::components::icon::Icon;
use crate::components::picker::Picker;
use crate::show;
use crate::state::book::{Span, book};
use crate::state::desk::desk;
use crate::state::print::About;

/// Above the grid.
#[component]
pub(crate) fn Toolbar() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let title = move || match book.span.get() {
        Span::Day => book.day.get().long(),
        Span::Week(_) => {
            let monday = book.day.get().monday();
            format!("{} to {}", monday.0.format("%-d %b"), monday.plus_days(6).0.format("%-d %b %Y"))
        }
    };
    let near = move || {
        let days = (book.day.get().0 - desk.today.get().0).num_days();
        match (book.span.get(), days) {
            (Span::Week(_), _) => String::new(),
            (_, 0) => "Today".to_owned(),
            (_, 1) => "Tomorrow".to_owned(),
            (_, -1) => "Yesterday".to_owned(),
            (_, d) if d > 0 => format!("in {d} days"),
            (_, d) => format!("{} days ago", -d),
        }
    };
    let is_week = move || matches!(book.span.get(), Span::Week(_));
    let whose = Signal::derive(move || match book.span.get() {
        Span::Week(id) => id.to_string(),
        Span::Day => String::new(),
    });
    let people = Signal::derive(move || {
        book.data.value.with(|b| {
            b.iter()
                .flat_map(|b| &b.practitioners)
                .map(|p| (p.id.to_string(), show::practitioner(p)))
                .collect()
        })
    });
    let chosen = Callback::new(move |id: String| {
        if let Ok(id) = id.parse() {
            book.span.set(Span::Week(id));
        }
    });
    view! {
        <div class="toolbar" role="toolbar" aria-label="Day book">
            <button type="button" class="button" data-testid="today" disabled=move || book.day.get() == desk.today.get()
                data-tip="Today (T)" on:click=move |_| book.go_to(desk.today.get_untracked())>"Today"</button>
            <div class="joined">
                <button type="button" class="button icon-only" aria-label="Back ([)" data-tip="Back ([)" data-testid="day-back" on:click=move |_| book.step(-1)>{Icon::Left.svg()}</button>
                <button type="button" class="button icon-only" aria-label="Forth (])" data-tip="Forth (])" data-testid="day-forth" on:click=move |_| book.step(1)>{Icon::Right.svg()}</button>
            </div>
            <h1 class="day-title" data-testid="day-title" aria-live="polite">{title}<span class="soft">{near}</span></h1>
            <div class="grow"></div>
            <Show when=move || !is_week()>
                <button type="button" class="button icon-only" aria-label="Print the day" data-tip="Print the day" data-testid="print-day" on:click=move |_| {
                    let date = book.day.get_untracked();
                    desk.print.paper(desk, PaperQuery::DaySheet { date }, About::Day(date));
                }>{Icon::Printer.svg()}</button>
            </Show>
            <Show when=is_week>
                <Picker label="Whose week" shown_label=false options=people value=whose chosen=chosen test_id="week-whose" />
            </Show>
            <div class="joined" role="radiogroup" aria-label="Day or week">
                <button type="button" class="button" role="radio" aria-checked=move || (!is_week()).to_string() class:on=move || !is_week()
                    data-testid="span-day" on:click=move |_| if is_week() { book.toggle_week() }>"Day"</button>
                <button type="button" class="button" role="radio" aria-checked=move || is_week().to_string() class:on=is_week
                    data-testid="span-week" data-tip="Week (W)" on:click=move |_| if !is_week() { book.toggle_week() }>"Week"</button>
            </div>
            <button type="button" class="button icon-only" aria-pressed=move || book.dense.get().to_string() class:on=move || book.dense.get()
                aria-label="Closer lines" data-tip="Closer lines" data-testid="dense" on:click=move |_| book.dense.update(|d| *d = !*d)>{Icon::Rows.svg()}</button>
        </div>
    }
}
