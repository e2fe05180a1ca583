//! A document over the page: pictures and PDF pages that the shell has drawn, and text. Nothing of a document runs here.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::documents::{FindInDocument, ShownDocument, View, ViewDocument};

use crate::components::icon::Icon;
use crate::ipc;
use crate::state::documents::{papers, reference};
use crate::words;

/// Steps of the zoom, per cent of what fits.
const ZOOMS: [u32; 6] = [100, 125, 150, 200, 300, 400];
/// The longest edge at 100 %, pixels.
const EDGE_PX: u32 = 1_400;

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
    let first = Pane::new(shown.clone());
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
        let typing = event_target::<web_sys::Element>(&ev).tag_name() == "INPUT";
        let mut known = true;
        match ev.key().as_str() {
            "Escape" => close(),
            _ if typing || ev.ctrl_key() || ev.meta_key() || ev.alt_key() => known = false,
            "+" | "=" => first.zoom_by(1),
            "-" => first.zoom_by(-1),
            "0" => first.zoom.set(0),
            "r" | "R" => first.turn(),
            "PageDown" | "ArrowRight" => first.page_by(1),
            "PageUp" | "ArrowLeft" => first.page_by(-1),
            _ => known = false,
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
    let outside = reference(&shown);
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
                <Shown pane=first outside=outside />
                {move || beside.get().map(|other| {
                    let reference = reference(&other);
                    view! { <Shown pane=Pane::new(other) outside=reference /> }
                })}
            </div>
        </div>
    }
}

/// What is shown of one document, and how.
#[derive(Clone, Copy)]
struct Pane {
    shown: StoredValue<ShownDocument>,
    view: RwSignal<Option<View>>,
    fault: RwSignal<Option<String>>,
    page: RwSignal<u32>,
    pages: RwSignal<u32>,
    zoom: RwSignal<usize>,
    turned: RwSignal<u32>,
    found: RwSignal<Option<Vec<u32>>>,
}

impl Pane {
    fn new(shown: ShownDocument) -> Self {
        let pane = Self {
            shown: StoredValue::new(shown),
            view: RwSignal::new(None),
            fault: RwSignal::new(None),
            page: RwSignal::new(0),
            pages: RwSignal::new(1),
            zoom: RwSignal::new(0),
            turned: RwSignal::new(0),
            found: RwSignal::new(None),
        };
        Effect::new(move |before: Option<()>| {
            let (page, edge_px) = (pane.page.get(), pane.per_cent() * EDGE_PX / 100);
            let document = pane.shown.with_value(reference);
            let args = ViewDocument { document, page, edge_px, opened: before.is_none() };
            spawn_local(async move {
                let answer = ipc::documents::document_view(args).await;
                // A page that was left meanwhile must not come over the one that is shown.
                if pane.page.try_get_untracked() != Some(page) {
                    return;
                }
                match answer {
                    Ok(view) => {
                        if let View::Page { pages, .. } = &view {
                            pane.pages.try_set(*pages);
                        }
                        pane.fault.try_set(None);
                        pane.view.try_set(Some(view));
                    }
                    Err(error) => drop(pane.fault.try_set(Some(words::fault(&error)))),
                }
            });
        });
        pane
    }

    fn per_cent(self) -> u32 {
        ZOOMS.get(self.zoom.get()).copied().unwrap_or(100)
    }

    fn zoom_by(self, steps: i32) {
        let most = ZOOMS.len() - 1;
        self.zoom.update(|z| *z = if steps > 0 { (*z + 1).min(most) } else { z.saturating_sub(1) });
    }

    fn turn(self) {
        self.turned.update(|t| *t = (*t + 1) % 4);
    }

    fn page_by(self, pages: i32) {
        let last = self.pages.get_untracked().saturating_sub(1);
        self.page.update(|p| *p = if pages > 0 { (*p + 1).min(last) } else { p.saturating_sub(1) });
    }

    fn find(self, typed: String) {
        let document = self.shown.with_value(reference);
        spawn_local(async move {
            match ipc::documents::find_in_document(FindInDocument { document, words: typed }).await {
                Ok(found) => {
                    // On from where one is, else from the beginning.
                    let here = self.page.try_get_untracked().unwrap_or(0);
                    let next = found.iter().find(|p| **p > here).or(found.first()).copied();
                    self.found.try_set(Some(found));
                    if let Some(next) = next {
                        self.page.try_set(next);
                    }
                }
                Err(error) => drop(self.fault.try_set(Some(words::fault(&error)))),
            }
        });
    }
}

/// Pages, zoom, rotation, search.
#[component]
fn Tools(pane: Pane) -> impl IntoView {
    let is_pdf = pane.shown.with_value(|d| d.document.mime == "application/pdf");
    let typed = RwSignal::new(String::new());
    let search = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        pane.find(typed.get_untracked());
    };
    let said = move || {
        pane.found.get().map(|found| match found.as_slice() {
            [] => "nowhere".to_owned(),
            pages => {
                format!("on {}", pages.iter().map(|p| format!("{}", p + 1)).collect::<Vec<_>>().join(", "))
            }
        })
    };
    view! {
        {is_pdf.then(|| view! {
            <form class="row" role="search" on:submit=search>
                <input class="box" type="text" aria-label="Find in the document" placeholder="Find" data-testid="viewer-find"
                    prop:value=move || typed.get() on:input=move |ev| typed.set(event_target_value(&ev)) />
                <span class="soft tabular" role="status" data-testid="viewer-found">{said}</span>
            </form>
            <button type="button" class="button bare icon-only" aria-label="Page before (Page Up)" data-testid="viewer-before" on:click=move |_| pane.page_by(-1)>{Icon::Left.svg()}</button>
            <span class="tabular" data-testid="viewer-page">{move || format!("{} of {}", pane.page.get() + 1, pane.pages.get())}</span>
            <button type="button" class="button bare icon-only" aria-label="Next page (Page Down)" data-testid="viewer-next" on:click=move |_| pane.page_by(1)>{Icon::Right.svg()}</button>
        })}
        <button type="button" class="button bare" aria-label="Smaller (-)" data-testid="viewer-smaller" on:click=move |_| pane.zoom_by(-1)>"\u{2212}"</button>
        <span class="tabular" data-testid="viewer-zoom">{move || format!("{} %", pane.per_cent())}</span>
        <button type="button" class="button bare" aria-label="Larger (+)" data-testid="viewer-larger" on:click=move |_| pane.zoom_by(1)>"+"</button>
        <button type="button" class="button bare icon-only" aria-label="Turn (R)" data-tip="Turn; the original stays as it is" data-testid="viewer-turn" on:click=move |_| pane.turn()>{Icon::Sync.svg()}</button>
    }
}

#[component]
fn Shown(pane: Pane, outside: wattle_protocol::ipc::documents::DocumentRef) -> impl IntoView {
    let papers = papers();
    let alt = pane.shown.with_value(|d| d.document.title.clone());
    let alt = StoredValue::new(alt);
    let open = move |_| {
        spawn_local(async move {
            if let Err(error) = ipc::documents::open_document_outside(outside).await {
                papers.desk.toasts.fault(&error);
            }
        });
    };
    view! {
        <div class="viewer-pane" data-testid="viewer-pane">
            {move || pane.fault.get().map(|said| view! { <div class="strip danger" role="alert" data-testid="viewer-fault">{Icon::Attention.svg()}<span>{said}</span></div> })}
            {move || match pane.view.get() {
                None => view! { <p class="soft" role="status">{move || pane.fault.get().is_none().then_some("Opening\u{2026}")}</p> }.into_any(),
                Some(View::Page { picture, .. }) => view! {
                    <img class="viewer-picture" src=picture.src alt=alt.get_value() data-testid="viewer-picture" data-turned=move || pane.turned.get().to_string()
                        style=move || format!("width:{}%", pane.per_cent()) />
                }.into_any(),
                Some(View::Text { text }) => view! { <pre class="viewer-text" data-testid="viewer-text">{text}</pre> }.into_any(),
                Some(View::Outside) => view! {
                    <div class="nothing">
                        {Icon::Note.svg()}
                        <h2>"Wattle does not show this kind of file"</h2>
                        <p>"Another program can. It gets a copy that is not encrypted, until Wattle is started the next time. Only open files that you expect: they may carry programs."</p>
                        <button type="button" class="button" data-testid="viewer-outside" on:click=open>"Open it with another program"</button>
                    </div>
                }.into_any(),
            }}
        </div>
    }
}
