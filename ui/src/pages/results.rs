//! The inbox of results: what waits on the left, the one in hand with what can be done about it beside it, and its document on
//! the right.

use leptos::prelude::*;
use wattle_domain::fields::ResultAction;
use wattle_protocol::ipc::results::InboxLine;

use crate::components::documents::beside::Beside;
use crate::components::documents::pane::{Source, Subject};
use crate::components::icon::Icon;
use crate::components::picker::Picker;
use crate::components::record::notes::NoteBody;
use crate::components::result_actions::Actions;
use crate::state::desk::desk;
use crate::state::patients::Patients;
use crate::state::results::Results;
use crate::{show, words};

/// For those who may read records.
#[component]
pub(crate) fn ResultsPage() -> impl IntoView {
    let (desk, results) = (desk(), expect_context::<Results>());
    let inbox = results.inbox;
    let whose = Signal::derive(move || results.whose.get().map(|id| id.to_string()).unwrap_or_default());
    let people = Signal::derive(move || {
        let named = inbox.value.with(|inbox| {
            let waiting = inbox.iter().flat_map(|inbox| &inbox.practitioners);
            waiting.map(|(id, name, count)| (id.to_string(), format!("{name} ({count})"))).collect::<Vec<_>>()
        });
        // Somebody whose inbox is empty is still the one who is chosen.
        let me = results
            .whose
            .get()
            .map(|id| id.to_string())
            .filter(|id| !named.iter().any(|(other, _)| other == id));
        let everybody = std::iter::once((String::new(), "Everybody".to_owned()));
        everybody.chain(me.map(|id| (id, "Mine (0)".to_owned()))).chain(named).collect::<Vec<_>>()
    });
    let chosen = Callback::new(move |id: String| results.whose.set(id.parse().ok()));
    let open = move || results.in_hand();
    // What is shown is drawn anew when it is another one, and not when something else in the inbox has moved.
    let in_hand = Memo::new(move |_| results.in_hand());
    let document = Memo::new(move |_| {
        let document = in_hand.get()?.document?;
        Some(Subject {
            source: Source::Document(document.document),
            title: document.title,
            mime: document.mime,
        })
    });
    let is_missing = move || {
        in_hand.with(|l| {
            l.as_ref().is_some_and(|l| l.item.document_id.is_some() && l.document.is_none() && !l.shut)
        })
    };
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Results"<span class="soft">{move || inbox.value.with(|i| i.as_ref().map(|i| show::count(i.total, "waits in the clinic", "wait in the clinic")))}</span></h1>
            <div class="grow"></div>
            <Picker label="Whose" shown_label=false options=people value=whose chosen=chosen test_id="results-whose" />
        </div>
        {move || inbox.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        <div class="patients results" class:with-document=move || document.with(Option::is_some) data-testid="results-page">
            <div class="list-side">
                <ul class="hits" aria-label="What waits">
                    {move || inbox.value.with(|i| i.as_ref().map(|i| i.items.clone())).unwrap_or_default().into_iter().map(|line| {
                        let id = line.item.id;
                        let on = move || open().is_some_and(|line| line.item.id == id);
                        let when = show::when(desk.zone.get_untracked(), desk.now.get_untracked(), line.item.received_at);
                        view! {
                            <li class="hit" class:on=on>
                                <button type="button" class="link result-line" data-testid="inbox-item" data-id=id.to_string() aria-current=move || on().then_some("true") on:click=move |_| results.open.set(Some(id))>
                                    <span class="hit-main"><span class="hit-name">{if line.shut { "Restricted record".to_owned() } else { line.item.title.clone() }}</span>{line.item.abnormal.then(|| view! { <span class="tag out">"out of the ordinary"</span> })}</span>
                                    <span class="hit-more"><span>{line.patient_name.clone()}</span><span class="tabular">{when}</span></span>
                                </button>
                            </li>
                        }
                    }).collect_view()}
                </ul>
                {move || (results.count() == 0).then(|| view! { <p class="soft empty-note" data-testid="results-empty">"Nothing waits. A new result is entered on the patient's page, tab Results."</p> })}
            </div>
            <div class="pane">
                <Show when=is_missing>
                    <p class="notice" data-severity="warning" data-testid="result-document-missing">{Icon::Attention.svg()}<span>"A document belongs to this result, and its entry is not on this computer yet."</span></p>
                </Show>
                {move || in_hand.get().map(|line| view! { <Detail line=line /> })}
            </div>
            {move || document.get().map(|subject| view! { <Beside subject=subject /> })}
        </div>
    }
}

#[component]
fn Detail(line: InboxLine) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let item = line.item;
    let patient = item.patient_id;
    let born = line.birth_date.map(|date| show::born(date, desk.today.get_untracked()));
    let when = show::when(desk.zone.get_untracked(), desk.now.get_untracked(), item.received_at);
    let for_whom = line.practitioner_name.map(|name| format!("for {name}"));
    let can = ResultAction::ALL.to_vec();
    let shut = line.shut;
    let has_document = line.document.is_some();
    let title = if shut { "Restricted record".to_owned() } else { item.title };
    view! {
        <article class="record" data-testid="result-detail" data-id=item.id.to_string()>
            <header class="record-head">
                <div>
                    <h1>{title}</h1>
                    <div class="facts"><span>{line.patient_name}</span><span class="soft">{born}</span><span class="soft tabular">{when}</span><span class="soft">{item.source}</span><span class="soft">{for_whom}</span></div>
                </div>
                <div class="grow"></div>
                <button type="button" class="button" data-testid="result-open-record" on:click=move |_| desk.open_patient(patients, patient)>{Icon::Patients.svg()}"Open the record"</button>
            </header>
            {item.abnormal.then(|| view! { <p class="notice" data-severity="warning">{Icon::Attention.svg()}<span>"Something in this result is out of the ordinary."</span></p> })}
            {match item.text {
                _ if shut => view! { <p class="soft">"A result has come in. Open the record first: it asks for a reason."</p> }.into_any(),
                Some(text) => view! { <NoteBody text=text /> }.into_any(),
                None if has_document => ().into_any(),
                None => view! { <p class="soft">"No text came with it."</p> }.into_any(),
            }}
            {(!shut).then(|| view! { <Actions item_id=item.id patient_id=patient abnormal=item.abnormal actions=can.clone() /> })}
        </article>
    }
}
