//! All of a patient's documents, and the place where new ones come in.

use leptos::prelude::*;
use wattle_domain::fields::DocumentStatus;

use crate::components::documents::add::Add;
use crate::components::documents::line::Line;
use crate::components::documents::viewer::Viewer;
use crate::state::documents::papers;

/// A tab of a record; a part of the page at the desk.
#[component]
pub(crate) fn DocumentList() -> impl IntoView {
    let papers = papers();
    let current = move || {
        let (current, _): (Vec<_>, Vec<_>) =
            papers.get().into_iter().partition(|d| d.document.status == DocumentStatus::Current);
        current
    };
    let withdrawn = move || {
        let all = papers.get();
        all.into_iter().filter(|d| d.document.status == DocumentStatus::Withdrawn).collect::<Vec<_>>()
    };
    let none = move || papers.are_here() && current().is_empty();
    view! {
        <div class="documents" data-testid="documents">
            <Add />
            <ul class="document-list" aria-label="Documents">
                {move || current().into_iter().map(|d| view! { <Line shown=d /> }).collect_view()}
            </ul>
            <Show when=none>
                <p class="soft">"No document yet. Drop a file here, paste a picture, or choose one."</p>
            </Show>
            <Show when=move || !withdrawn().is_empty()>
                <details class="withdrawn">
                    <summary>{move || format!("Withdrawn ({})", withdrawn().len())}</summary>
                    <ul class="document-list" aria-label="Withdrawn documents">
                        {move || withdrawn().into_iter().map(|d| view! { <Line shown=d /> }).collect_view()}
                    </ul>
                </details>
            </Show>
            {move || papers.viewed.get().map(|shown| view! { <Viewer shown=shown /> })}
        </div>
    }
}
