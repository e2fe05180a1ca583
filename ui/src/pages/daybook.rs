//! The day book.

use leptos::prelude::*;

use crate::components::daybook::booking::BookingPopover;
use crate::components::daybook::grid::Grid;
use crate::components::daybook::toolbar::Toolbar;
use crate::components::icon::Icon;
use crate::show;
use crate::state::book::book;
use crate::state::desk::desk;
use crate::words;

/// Toolbar, what is looked for, grid.
#[component]
pub(crate) fn DayBookPage() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let loaded = Memo::new(move |_| book.data.value.with(Option::is_some));
    let empty =
        Memo::new(move |_| book.data.value.with(|b| b.as_ref().is_some_and(|b| b.practitioners.is_empty())));
    view! {
        <Toolbar />
        {move || book.somebody.get().map(|who| view! {
            <div class="strip" role="status" data-testid="looking-for">
                {Icon::CalendarPlus.svg()}
                <span>"Choose a time for "<b>{who.name.clone()}</b>
                    {who.birth_date.map(|b| format!(", born {}", show::born(b, desk.today.get())))}</span>
                <div class="grow"></div>
                <button type="button" class="button small" on:click=move |_| book.somebody.set(None)>"Stop looking"</button>
            </div>
        })}
        {move || book.carry.with(|c| c.as_ref().is_some_and(|c| !c.by_pointer)).then(|| view! {
            <div class="strip" role="status">
                {Icon::Move.svg()}
                <span>"Arrow keys move it, Enter or "<kbd>"M"</kbd>" puts it down, "<kbd>"Esc"</kbd>" leaves it where it was."</span>
            </div>
        })}
        {move || book.data.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        {move || match (loaded.get(), empty.get()) {
            (false, _) => view! { <div class="skeleton" role="status" aria-label="The book is opening"></div> }.into_any(),
            (_, true) => view! {
                <div class="nothing">
                    {Icon::DayBook.svg()}
                    <h2>"No practitioners yet"</h2>
                    <p>"The book has a column for everybody who sees patients. They come with the first sync, or an administrator adds them on the server."</p>
                </div>
            }.into_any(),
            _ => view! { <Grid /> }.into_any(),
        }}
        <BookingPopover />
    }
}
