//! A document over the page: pictures and PDF pages that the shell has drawn, and text. Nothing of a document runs here.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wattle_protocol::ipc::documents::ShownDocument;

use crate::components::documents::pane::{Pane, Shown, Subject, Tools};
use crate::components::icon::Icon;
use crate::keys::typing;
use crate::state::documents::papers;
use crate::words;

/// One document, and another beside it to compare.
#[component]
pub(crate) fn Viewer(shown: ShownDocument) -> impl IntoView {
    let papers = papers();
    let dialog = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            request_animation_frame(move || drop(dialog.focus()));
        }
    });
    let beside = RwSignal::new(None::<ShownDocument>);
    let first = Pane::new(Subject::of(&shown));
    let is_picture = shown.document.mime.starts_with("image/");
    let id = shown.document.id;
    let others = move || {
        let all = papers.get();
        all.into_iter()
            .filter(|d| d.document.id != id && d.document.mime.starts_with("image/"))
            .collect::<Vec<_>>()
    };
    let close = move || papers.viewed.set(None);
    let on_key = move |ev: KeyboardEvent| {
        let mut known = true;
        match ev.key().as_str() {
            "Escape" => close(),
            _ if typing(&ev) || ev.ctrl_key() || ev.meta_key() || ev.alt_key() => known = false,
            "ArrowRight" => first.page_by(1),
            "ArrowLeft" => first.page_by(-1),
            key => known = first.pressed(key),
        }
        if known {
            ev.prevent_default();
        }
        // The page below has keys of its own.
        ev.stop_propagation();
    };
    let compare = move |ev: leptos::ev::Event| {
        let chosen = event_target_value(&ev);
        beside.set(others().into_iter().find(|d| d.document.id.to_string() == chosen));
    };
    view! {
        <div class="viewer" role="dialog" aria-modal="true" aria-label=shown.document.title.clone() tabindex="-1" node_ref=dialog
            data-testid="document-viewer" data-id=id.to_string() on:keydown=on_key>
            <header class="viewer-head">
                <h2 data-testid="viewer-title">{shown.document.title.clone()}</h2>
                <span class="soft">{words::document_kind(shown.document.kind)}</span>
                <div class="grow"></div>
                <Tools pane=first />
                <Show when=move || is_picture && !others().is_empty()>
                    <label class="worded">"Beside it"
                        <select class="box" data-testid="viewer-compare" on:change=compare>
                            <option value="">"nothing"</option>
                            {move || others().into_iter().map(|d| view! { <option value=d.document.id.to_string()>{d.document.title.clone()}</option> }).collect_view()}
                        </select>
                    </label>
                </Show>
                <button type="button" class="button bare icon-only" aria-label="Close (Esc)" data-testid="viewer-close" on:click=move |_| close()>{Icon::Close.svg()}</button>
            </header>
            <div class="viewer-panes">
                <Shown pane=first />
                {move || beside.get().map(|other| view! { <Shown pane=Pane::new(Subject::of(&other)) /> })}
            </div>
        </div>
    }
}
