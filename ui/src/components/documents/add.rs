//! Where files come in: dropped, pasted or chosen.

use leptos::ev::{ClipboardEvent, DragEvent, Event};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wattle_domain::fields::{DocumentKind, DocumentSource};

use crate::components::icon::Icon;
use crate::state::documents::papers;
use crate::words;

/// What the files are, and the place to drop them. Pasting works anywhere on the page.
#[component]
pub(crate) fn Add() -> impl IntoView {
    let papers = papers();
    let over = RwSignal::new(false);
    let kinds = papers.kinds();
    if !kinds.contains(&papers.kind.get_untracked())
        && let Some(first) = kinds.first()
    {
        papers.kind.set(*first);
    }
    let choose = move |ev: Event, source: DocumentSource| {
        let Some(input) = ev.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
            return;
        };
        papers.file(listed(input.files()), source);
        // The same file may be chosen once more.
        input.set_value("");
    };
    let drop_ = move |ev: DragEvent| {
        ev.prevent_default();
        over.set(false);
        papers.file(listed(ev.data_transfer().and_then(|d| d.files())), DocumentSource::File);
    };
    let handle = window_event_listener(leptos::ev::paste, move |ev: ClipboardEvent| {
        let files = listed(ev.clipboard_data().and_then(|d| d.files()));
        if !files.is_empty() {
            ev.prevent_default();
            papers.file(files, DocumentSource::Paste);
        }
    });
    on_cleanup(move || handle.remove());
    let options = kinds.into_iter().map(|kind| {
        view! { <option value=kind.as_str() selected=move || papers.kind.get() == kind>{words::document_kind(kind)}</option> }
    });
    let pick = move |ev: Event| {
        if let Ok(kind) = event_target_value(&ev).parse::<DocumentKind>() {
            papers.kind.set(kind);
        }
    };
    view! {
        <div class="document-drop" class:over=move || over.get() role="group" aria-label="File a document" data-testid="document-drop"
            on:dragover=move |ev: DragEvent| { ev.prevent_default(); over.set(true); } on:dragleave=move |_| over.set(false) on:drop=drop_>
            {Icon::Plus.svg()}
            <label class="worded">"It is a"
                <select class="box" data-testid="document-kind" on:change=pick>{options.collect_view()}</select>
            </label>
            <label class="button">
                "Choose a file"
                <input type="file" multiple=true class="for-readers" data-testid="document-file" on:change=move |ev| choose(ev, DocumentSource::File) />
            </label>
            <label class="button" data-tip="From a phone or a camera; it is shown upright, and kept as it came">
                {Icon::Camera.svg()}"A photo"
                <input type="file" multiple=true accept="image/*,.heic,.heif" class="for-readers" data-testid="document-camera" on:change=move |ev| choose(ev, DocumentSource::Camera) />
            </label>
            <span class="soft">"or drop it here, or paste it"</span>
            <Show when=move || papers.filing.get() != 0><span class="soft" role="status" data-testid="document-filing">"Saving\u{2026}"</span></Show>
        </div>
    }
}

fn listed(files: Option<web_sys::FileList>) -> Vec<web_sys::File> {
    files.map(|files| (0..files.length()).filter_map(|n| files.get(n)).collect()).unwrap_or_default()
}
