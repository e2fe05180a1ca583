//! The folder that the scanner writes to: a setting of this computer.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wattle_protocol::ipc::scans::{SetScanFolder, TAKEN_FOLDER};

use crate::components::field::Field;
use crate::state::scans::Scanned;

/// Asked for when there is none, and on request.
#[component]
pub(crate) fn FolderForm(folder: Option<String>, close: Callback<()>) -> impl IntoView {
    let scanned = expect_context::<Scanned>();
    let watched = folder.is_some();
    let path = RwSignal::new(folder.unwrap_or_default());
    let done = move || close.run(());
    let save = move |ev: SubmitEvent| {
        ev.prevent_default();
        scanned.watch(SetScanFolder { path: Some(path.get_untracked()), ask: false }, done);
    };
    let choose = move |_| scanned.watch(SetScanFolder { path: None, ask: true }, done);
    let none = move |_| scanned.watch(SetScanFolder { path: None, ask: false }, done);
    view! {
        <form class="panel scan-folder" aria-label="The scanner's folder" data-testid="scan-folder-form" on:submit=save>
            <Field label="The folder that this computer's scanner writes to" value=path test_id="scan-folder" hint="On this computer or on a network share; each computer should have a folder of its own" />
            <p class="soft">{format!("A file that has come to its end is kept here, encrypted, and then moved into \u{201c}{TAKEN_FOLDER}\u{201d} inside that folder. It is not encrypted there: empty that folder from time to time.")}</p>
            <div class="row">
                <button type="submit" class="button primary" data-testid="scan-folder-save" disabled=move || path.with(|path| path.trim().is_empty())>"Watch this folder"</button>
                <button type="button" class="button" data-testid="scan-folder-choose" on:click=choose>"Choose\u{2026}"</button>
                <div class="grow"></div>
                {watched.then(|| view! {
                    <button type="button" class="button" data-testid="scan-folder-none" on:click=none>"Watch none"</button>
                    <button type="button" class="button" on:click=move |_| close.run(())>"Cancel"</button>
                })}
            </div>
        </form>
    }
}
