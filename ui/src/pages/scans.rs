//! Scans that wait: what came on the left, whose it is in the middle, the scan itself on the right.

use leptos::prelude::*;
use wattle_protocol::ipc::scans::Scan;

use crate::components::documents::beside::Beside;
use crate::components::documents::pane::{Source, Subject};
use crate::components::icon::Icon;
use crate::components::scans::file_form::FileForm;
use crate::components::scans::folder::FolderForm;
use crate::state::desk::desk;
use crate::state::scans::Scanned;
use crate::{show, words};

/// For those who may file documents.
#[component]
pub(crate) fn ScansPage() -> impl IntoView {
    let scanned = expect_context::<Scanned>();
    let live = scanned.live;
    let asking = RwSignal::new(false);
    let folder = move || live.value.with(|s| s.as_ref().and_then(|s| s.folder.clone()));
    let gone = move || live.value.with(|s| s.as_ref().is_some_and(|s| s.folder_gone));
    let is_here = move || live.value.with(Option::is_some);
    let none = move || live.value.with(|s| s.as_ref().is_some_and(|s| s.folder.is_none()));
    let in_hand = Memo::new(move |_| scanned.in_hand());
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Scans"<span class="soft">{move || show::count(u64::try_from(scanned.count()).unwrap_or(0), "waits for a patient", "wait for a patient")}</span></h1>
            <div class="grow"></div>
            {move || folder().map(|folder| view! { <span class="soft cut scan-path" data-testid="scan-folder-shown"><bdi>{folder}</bdi></span> })}
            <button type="button" class="button" data-testid="scan-folder-change" on:click=move |_| asking.update(|a| *a = !*a)>"Folder\u{2026}"</button>
        </div>
        {move || live.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        <Show when=gone>
            <div class="strip danger" role="alert" data-testid="scan-folder-gone">{Icon::Attention.svg()}<span>"The scanner's folder cannot be opened. If it is on a network share, see whether that is switched on; nothing that was taken is lost."</span></div>
        </Show>
        <Show when=move || is_here() && (none() || asking.get())>
            <div class="scan-ask"><FolderForm folder=folder() close=Callback::new(move |()| asking.set(false)) /></div>
        </Show>
        <div class="patients scans" data-testid="scans-page">
            <div class="list-side"><List /></div>
            {move || match in_hand.get() {
                Some(scan) => view! { <InHand scan=scan /> }.into_any(),
                None => view! { <div class="pane nothing"><p class="soft">"Nothing waits. What the scanner writes into the folder comes here by itself, a few seconds after it is finished."</p></div> }.into_any(),
            }}
        </div>
    }
}

/// What waits, what was put aside, what stays in the folder.
#[component]
fn List() -> impl IntoView {
    let (desk, scanned) = (desk(), expect_context::<Scanned>());
    let live = scanned.live;
    let waiting = move || live.value.with(|s| s.as_ref().map(|s| s.scans.clone())).unwrap_or_default();
    let aside = move || live.value.with(|s| s.as_ref().map(|s| s.aside.clone())).unwrap_or_default();
    let left = move || live.value.with(|s| s.as_ref().map(|s| s.left.clone())).unwrap_or_default();
    let about = move |scan: &Scan| {
        let when = show::when(desk.zone.get_untracked(), desk.now.get_untracked(), scan.taken_at);
        format!("{}, {when}", show::bytes(u64::try_from(scan.size_bytes).unwrap_or(0)))
    };
    view! {
        <ul class="hits" aria-label="Scans that wait">
            {move || waiting().into_iter().map(|scan| {
                let (id, more) = (scan.id, about(&scan));
                let on = move || scanned.in_hand().is_some_and(|scan| scan.id == id);
                view! {
                    <li class="hit" class:on=on>
                        <button type="button" class="link result-line" data-testid="scan" data-id=id.to_string() aria-current=move || on().then_some("true") on:click=move |_| scanned.open.set(Some(id))>
                            <span class="hit-main"><span class="hit-name cut">{scan.name}</span></span>
                            <span class="hit-more tabular">{more}</span>
                        </button>
                    </li>
                }
            }).collect_view()}
        </ul>
        <Show when=move || !left().is_empty()>
            <section class="left-files" aria-label="Files that stay in the folder">
                <h2>{Icon::Attention.svg()}"These stay in the folder"</h2>
                <ul>
                    {move || left().into_iter().map(|file| view! {
                        <li data-testid="scan-left" data-name=file.name.clone()><b class="cut">{file.name.clone()}</b><span class="soft">{words::left(file.why)}</span></li>
                    }).collect_view()}
                </ul>
            </section>
        </Show>
        <Show when=move || !aside().is_empty()>
            <details class="withdrawn left-files">
                <summary data-testid="scans-aside">{move || format!("Not needed ({})", aside().len())}</summary>
                <ul>
                    {move || aside().into_iter().map(|scan| {
                        let id = scan.id;
                        view! { <li><b class="cut">{scan.name}</b><button type="button" class="button bare small" data-testid="scan-back" on:click=move |_| scanned.put_aside(id, false)>"Take back"</button></li> }
                    }).collect_view()}
                </ul>
            </details>
        </Show>
    }
}

/// The form, and the scan.
#[component]
fn InHand(scan: Scan) -> impl IntoView {
    let subject =
        Subject { source: Source::Scan(scan.id), title: scan.name.clone(), mime: scan.mime.clone() };
    view! {
        <div class="pane scan-middle">
            <h2 class="cut" data-testid="scan-name">{scan.name.clone()}</h2>
            <FileForm scan=scan />
        </div>
        <Beside subject=subject />
    }
}
