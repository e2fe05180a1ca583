//! Whose a scan is, what it is, what it is called.

use leptos::ev::{Event, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::fields::DocumentKind;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::PatientHit;
use wattle_protocol::ipc::scans::{FileScan, ForInbox, Scan};

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::patients::find::FindPatient;
use crate::state::desk::desk;
use crate::state::documents::papers;
use crate::state::scans::Scanned;
use crate::{ipc, show, words};

/// Beside the scan.
#[component]
pub(crate) fn FileForm(scan: Scan) -> impl IntoView {
    let (desk, papers, scanned) = (desk(), papers(), expect_context::<Scanned>());
    let id = scan.id;
    let (typed, whose) = (RwSignal::new(String::new()), RwSignal::new(None::<PatientHit>));
    let (title, busy) = (RwSignal::new(stem(&scan.name)), RwSignal::new(false));
    let kinds = papers.kinds();
    let kind = RwSignal::new(kinds.first().copied().unwrap_or(DocumentKind::Form));
    let (inbox, abnormal) = (RwSignal::new(true), RwSignal::new(false));
    let may_act = desk.may((Noun::ClinicalRecord, Action::Write));
    let is_result = move || may_act && kind.get() == DocumentKind::Result;
    let options = kinds.into_iter().map(|one| {
        view! { <option value=one.as_str() selected=move || kind.get() == one>{words::document_kind(one)}</option> }
    });
    let pick = move |ev: Event| {
        if let Ok(chosen) = event_target_value(&ev).parse::<DocumentKind>() {
            kind.set(chosen);
        }
    };
    let save = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some(patient) = whose.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        let practitioner_id = desk.session.with_untracked(|s| s.as_ref().and_then(|s| s.practitioner_id));
        let for_inbox = untrack(move || is_result() && inbox.get())
            .then(|| ForInbox { practitioner_id, abnormal: abnormal.get_untracked() });
        let args = FileScan {
            scan_id: id,
            patient_id: patient.id,
            kind: kind.get_untracked(),
            title: title.get_untracked(),
            inbox: for_inbox,
        };
        spawn_local(async move {
            match ipc::scans::file_scan(args).await {
                Ok(_) => {
                    let said = format!("Filed with {}, saved here.", show::hit(&patient));
                    desk.toasts.done(said, Vec::new());
                }
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    };
    let chosen = Callback::new(move |hit: PatientHit| whose.set(Some(hit)));
    view! {
        <form class="scan-form" aria-label="File the scan" data-testid="scan-form" data-id=id.to_string() on:submit=save>
            {move || match whose.get() {
                None => view! { <FindPatient typed=typed test_id="scan-patient" hit_id="scan-patient-hit" chosen=chosen /> }.into_any(),
                Some(hit) => {
                    let born = hit.birth_date.map(|birth| show::born(birth, desk.today.get_untracked()));
                    view! {
                        <div class="chosen" data-testid="scan-chosen">
                            {Icon::Patients.svg()}
                            <span class="grow"><b>{show::hit(&hit)}</b><br /><span class="soft tabular">{born.unwrap_or_else(|| "birth date not known".to_owned())}</span></span>
                            <button type="button" class="button small" data-testid="scan-change" on:click=move |_| whose.set(None)>"Somebody else"</button>
                        </div>
                    }.into_any()
                }
            }}
            <div class="field">
                <label for="scan-kind">"It is a"</label>
                <select class="box" id="scan-kind" data-testid="scan-kind" on:change=pick>{options.collect_view()}</select>
            </div>
            <Field label="Title" value=title test_id="scan-title" hint="What somebody would look for" />
            <Show when=is_result>
                <label class="check"><input type="checkbox" data-testid="scan-inbox" prop:checked=move || inbox.get() on:change=move |ev| inbox.set(event_target_checked(&ev)) />"It waits in the inbox of results until somebody acts on it"</label>
                <label class="check"><input type="checkbox" data-testid="scan-abnormal" prop:checked=move || abnormal.get() on:change=move |ev| abnormal.set(event_target_checked(&ev)) />"Something in it is out of the ordinary"</label>
            </Show>
            <div class="row end">
                <button type="button" class="button" data-testid="scan-aside" data-tip="It stays on this computer, and can be taken back" on:click=move |_| scanned.put_aside(id, true)>"Not needed"</button>
                <div class="grow"></div>
                <button type="submit" class="button primary" data-testid="scan-file" disabled=move || whose.with(Option::is_none) || busy.get()>"File"</button>
            </div>
        </form>
    }
}

/// A file's name without its ending.
fn stem(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
