//! The shelf of messages.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::state::toasts::Toast;

/// At the lower edge; read out as they come.
#[component]
pub(crate) fn ToastShelf() -> impl IntoView {
    let toasts = desk().toasts;
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|t| t.id let:toast>
                {one(toast)}
            </For>
        </div>
    }
}

fn one(toast: Toast) -> impl IntoView {
    let toasts = desk().toasts;
    let id = toast.id;
    let icon = if toast.fault { Icon::Attention } else { Icon::Check };
    let ways = toast.ways.into_iter().map(|way| {
        let run = way.run.clone();
        view! {
            <button class="button small" type="button" on:click=move |_| { run(); toasts.close(id); }>{way.label}</button>
        }
    });
    view! {
        <div class="toast" class:fault=toast.fault data-testid="toast">
            {icon.svg()}
            <span class="toast-text">{toast.text}</span>
            {ways.collect_view()}
            <button class="button bare icon-only" type="button" aria-label="Close this message" on:click=move |_| toasts.close(id)>
                {Icon::Close.svg()}
            </button>
        </div>
    }
}
