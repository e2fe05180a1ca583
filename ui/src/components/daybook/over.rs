//! A move onto a taken slot asks first.

use leptos::prelude::*;

use crate::state::book::book;
use crate::state::desk::desk;
use crate::verbs::reschedule;

/// Over everything while it asks.
#[component]
pub(crate) fn OverDialog() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let no = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let Some(button) = no.get() {
            drop(button.focus());
        }
    });
    let yes = move |_| {
        if let Some(over) = book.over.get_untracked() {
            reschedule::go(desk, book, &over.carry, true);
        }
        book.over.set(None);
    };
    view! {
        {move || book.over.get().map(|over| view! {
            <div class="veil" on:click=move |_| book.over.set(None)>
                <div class="dialog small" role="alertdialog" aria-modal="true" aria-label="That time is taken" data-testid="over-dialog"
                    on:click=|ev| ev.stop_propagation() on:keydown=move |ev| if ev.key() == "Escape" { book.over.set(None) }>
                    <h2>"That time is taken"</h2>
                    <p><b>{over.carry.from.card.patient_name.clone()}</b>" would overlap "<b>{over.taken_by}</b>"."</p>
                    <div class="row end">
                        <button type="button" class="button" node_ref=no data-testid="over-no" on:click=move |_| book.over.set(None)>"Leave it where it was"</button>
                        <button type="button" class="button danger" data-testid="over-yes" on:click=yes>"Move it there anyway"</button>
                    </div>
                </div>
            </div>
        })}
    }
}
