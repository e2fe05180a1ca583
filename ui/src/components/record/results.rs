//! Results of one patient, and how a new one is entered.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::RecordResult;
use wattle_domain::entities::InboxItem;
use wattle_domain::fields::DocumentStatus;

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::picker::Picker;
use crate::components::record::notes::NoteBody;
use crate::components::record::summary::Head;
use crate::state::documents::papers;
use crate::state::record::{Form, record};
use crate::{ipc, show, words};

/// The tab.
#[component]
pub(crate) fn Results() -> impl IntoView {
    let record = record();
    let cards = move || {
        record.with(|r| {
            let none = r.results.is_empty();
            let cards =
                r.results.iter().cloned().map(|item| view! { <ResultCard item=item /> }).collect_view();
            view! { {cards}{none.then(|| view! { <p class="soft">"No result has come in yet."</p> })} }
        })
    };
    view! {
        <div class="notes">
            <Head title="Results" form=Form::Result key_name="" test_id="add-result" />
            {cards}
        </div>
    }
}

#[component]
fn ResultCard(item: InboxItem) -> impl IntoView {
    let record = record();
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now.get_untracked());
    let who =
        untrack(|| record.with(|r| item.actioned_by.and_then(|user| r.names.get(&user).cloned())).flatten());
    let pending = untrack(|| record.with(|r| r.pending.contains(&item.id.0))).unwrap_or_default();
    let done = item.action.map(|action| {
        let when = item.actioned_at.map(|at| show::when(zone, now, at)).unwrap_or_default();
        let note = item.action_note.clone().map(|note| format!(": {note}")).unwrap_or_default();
        format!(
            "{}, {}, {when}{note}",
            words::result_action(action),
            who.unwrap_or_else(|| "somebody".to_owned())
        )
    });
    let acted = done.is_some();
    view! {
        <article class="note-card" data-testid="result" data-id=item.id.0.to_string() data-pending=pending.to_string() data-done=acted.to_string()>
            <header class="note-head">
                {Icon::Inbox.svg()}<b>{item.title}</b><span class="soft">{item.source}</span><span class="soft tabular">{show::when(zone, now, item.received_at)}</span>
                {item.abnormal.then(|| view! { <span class="tag out">"out of the ordinary"</span> })}
                {pending.then(|| view! { <span class="worded mark pending">{Icon::CloudUp.svg()}"not yet on the server"</span> })}
            </header>
            {item.text.map(|text| view! { <NoteBody text=text /> })}
            <p class="soft">{done.unwrap_or_else(|| "Waits in the inbox.".to_owned())}</p>
        </article>
    }
}

/// A result that came on paper, by phone or by fax.
#[component]
pub(crate) fn ResultForm() -> impl IntoView {
    let record = record();
    let (title, source, text) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (abnormal, busy) = (RwSignal::new(false), RwSignal::new(false));
    let (papers, document) = (papers(), RwSignal::new(String::new()));
    let documents = Signal::derive(move || {
        let current = papers.get().into_iter().filter(|d| d.document.status == DocumentStatus::Current);
        let named = current.map(|d| (d.document.id.to_string(), d.document.title));
        std::iter::once((String::new(), "None".to_owned())).chain(named).collect::<Vec<_>>()
    });
    let choose = Callback::new(move |id: String| document.set(id));
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let Some(patient_id) = record.patient.get_untracked() else { return };
        let filled =
            |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.trim().is_empty());
        let result = RecordResult {
            item_id: Uuid::nil().into(),
            patient_id,
            practitioner_id: record
                .desk
                .session
                .with_untracked(|s| s.as_ref().and_then(|s| s.practitioner_id)),
            title: title.get_untracked(),
            source: filled(source),
            text: filled(text),
            document_id: document.get_untracked().parse().ok(),
            abnormal: abnormal.get_untracked(),
        };
        record.write(busy, "In the inbox, saved here.", ipc::results::record_result(result));
    };
    view! {
        <form class="panel" aria-label="A new result" data-testid="result-form" on:submit=save>
            <div class="cells">
                <Field label="What" value=title test_id="result-title" hint="Full blood count" first=true class="wide" />
                <Field label="From" value=source test_id="result-source" hint="The laboratory, the hospital" class="wide" />
            </div>
            <div class="field">
                <label for="result-text">"What it says"</label>
                <textarea id="result-text" class="box note-box" rows="6" data-testid="result-text" prop:value=move || text.get() on:input=move |ev| text.set(event_target_value(&ev))></textarea>
            </div>
            <Show when=move || { documents.with(Vec::len) > 1 }>
                <Picker label="Its document" options=documents value=Signal::derive(move || document.get()) chosen=choose test_id="result-document" />
            </Show>
            <label class="check"><input type="checkbox" data-testid="result-abnormal" prop:checked=move || abnormal.get() on:change=move |ev| abnormal.set(event_target_checked(&ev)) />"Something in it is out of the ordinary"</label>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="result-save" disabled=move || title.get().trim().is_empty() || busy.get()>"Put into the inbox"</button>
            </div>
        </form>
    }
}
