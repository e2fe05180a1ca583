//! A document on the page: the one page that the shell has drawn, text, zoom, rotation, search. Over the page in the viewer,
//! beside a result in the inbox, beside a scan that waits for a patient.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::DocumentId;
use wattle_protocol::ipc::documents::{DocumentRef, FindInDocument, ShownDocument, View, ViewDocument};
use wattle_protocol::ipc::scans::ViewScan;

use crate::components::icon::Icon;
use crate::ipc;
use crate::state::desk::desk;
use crate::state::documents::reference;
use crate::words;

/// Steps of the zoom, per cent of what fits.
const ZOOMS: [u32; 6] = [100, 125, 150, 200, 300, 400];
/// The longest edge at 100 %, pixels.
const EDGE_PX: u32 = 1_400;

/// Where the shell finds the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Of a patient.
    Document(DocumentRef),
    /// Of nobody yet.
    Scan(DocumentId),
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Where it is.
    pub(crate) source: Source,
    /// What people call it.
    pub(crate) title: String,
    /// What its bytes are.
    pub(crate) mime: String,
}

impl Subject {
    /// A patient's document.
    pub(crate) fn of(shown: &ShownDocument) -> Self {
        let (source, d) = (Source::Document(reference(shown)), &shown.document);
        Self { source, title: d.title.clone(), mime: d.mime.clone() }
    }
}

/// What is shown of one document, and how.
#[derive(Clone, Copy)]
pub(crate) struct Pane {
    subject: StoredValue<Subject>,
    view: RwSignal<Option<View>>,
    fault: RwSignal<Option<String>>,
    page: RwSignal<u32>,
    pages: RwSignal<u32>,
    zoom: RwSignal<usize>,
    turned: RwSignal<u32>,
    found: RwSignal<Option<Vec<u32>>>,
}

impl Pane {
    /// Draws the first page.
    pub(crate) fn new(subject: Subject) -> Self {
        let pane = Self {
            subject: StoredValue::new(subject),
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
            let source = pane.subject.with_value(|subject| subject.source);
            let opened = before.is_none();
            spawn_local(async move {
                let answer = match source {
                    Source::Document(document) => {
                        ipc::documents::document_view(ViewDocument { document, page, edge_px, opened }).await
                    }
                    Source::Scan(scan_id) => ipc::scans::scan_view(ViewScan { scan_id, page, edge_px }).await,
                };
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

    /// Pages forth, or back.
    pub(crate) fn page_by(self, pages: i32) {
        let last = self.pages.get_untracked().saturating_sub(1);
        self.page.update(|p| *p = if pages > 0 { (*p + 1).min(last) } else { p.saturating_sub(1) });
    }

    /// A key that means the same wherever a document is shown.
    pub(crate) fn pressed(self, key: &str) -> bool {
        match key {
            "+" | "=" => self.zoom_by(1),
            "-" => self.zoom_by(-1),
            "0" => self.zoom.set(0),
            "r" | "R" => self.turn(),
            "PageDown" => self.page_by(1),
            "PageUp" => self.page_by(-1),
            _ => return false,
        }
        true
    }

    fn find(self, typed: String) {
        let Source::Document(document) = self.subject.with_value(|subject| subject.source) else { return };
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
pub(crate) fn Tools(pane: Pane) -> impl IntoView {
    let is_pdf = pane.subject.with_value(|subject| subject.mime == "application/pdf");
    let is_filed = pane.subject.with_value(|subject| matches!(subject.source, Source::Document(_)));
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
        {(is_pdf && is_filed).then(|| view! {
            <form class="row" role="search" on:submit=search>
                <input class="box" type="text" aria-label="Find in the document" placeholder="Find" data-testid="viewer-find"
                    prop:value=move || typed.get() on:input=move |ev| typed.set(event_target_value(&ev)) />
                <span class="soft tabular" role="status" data-testid="viewer-found">{said}</span>
            </form>
        })}
        {is_pdf.then(|| view! {
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

/// The page itself, or plainly why there is none.
#[component]
pub(crate) fn Shown(pane: Pane) -> impl IntoView {
    let desk = desk();
    let (alt, source, is_heic) = pane.subject.with_value(|subject| {
        let is_heic = matches!(subject.mime.as_str(), "image/heif" | "image/heic");
        (StoredValue::new(subject.title.clone()), subject.source, is_heic)
    });
    let open = move |_| {
        let Source::Document(document) = source else { return };
        spawn_local(async move {
            if let Err(error) = ipc::documents::open_document_outside(document).await {
                desk.toasts.fault(&error);
            }
        });
    };
    let said = if is_heic {
        "This photo is in the HEIC format of newer phones, which Wattle keeps as it came and cannot show. Set the phone's camera to \u{201c}Most compatible\u{201d}, or save the photo as JPEG, and file that."
    } else {
        "Wattle does not show this kind of file."
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
                    <div class="nothing" data-testid="viewer-outside-only">
                        {Icon::Note.svg()}
                        <h2>{said}</h2>
                        {matches!(source, Source::Document(_)).then(|| view! {
                            <p>"Another program can. It gets a copy that is not encrypted, until Wattle is started the next time. Only open files that you expect: they may carry programs."</p>
                            <button type="button" class="button" data-testid="viewer-outside" on:click=open>"Open it with another program"</button>
                        })}
                    </div>
                }.into_any(),
            }}
        </div>
    }
}
