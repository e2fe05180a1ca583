//! What can be done about a result: the only way out of the inbox.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wattle_domain::commands::{ActionResult, RecallFrom};
use wattle_domain::fields::ResultAction;
use wattle_domain::{InboxItemId, PatientId};

use crate::components::field::Field;
use crate::state::desk::desk;
use crate::{ipc, words};

/// Days ahead that a recall is offered for.
const AHEAD: [(i64, &str); 4] = [(7, "a week"), (28, "4 weeks"), (91, "3 months"), (182, "6 months")];

/// Below the result.
#[component]
pub(crate) fn Actions(
    item_id: InboxItemId,
    patient_id: PatientId,
    abnormal: bool,
    actions: Vec<ResultAction>,
) -> impl IntoView {
    let desk = desk();
    let (note, reason, busy) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(false));
    let act = move |action: ResultAction, recall: Option<RecallFrom>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let note = Some(note.get_untracked()).filter(|note| !note.trim().is_empty());
        spawn_local(async move {
            match ipc::results::action_result(ActionResult { item_id, patient_id, action, note, recall })
                .await
            {
                Ok(_) => desk.toasts.done("Done, saved here.", Vec::new()),
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    };
    let silent = move |action: ResultAction| {
        abnormal && action == ResultAction::NoAction && note.get().trim().is_empty()
    };
    let buttons = actions.into_iter().filter(|action| *action != ResultAction::Recall).map(|action| {
        view! {
            <button type="button" class="button" data-testid=format!("result-{}", action.as_str()) disabled=move || busy.get() || silent(action)
                on:click=move |_| act(action, None)>{words::result_action(action)}</button>
        }
    });
    let recall = move |days: i64| {
        let due_on = desk.today.get_untracked().plus_days(days);
        let recall = RecallFrom { recall_id: Uuid::nil().into(), due_on, reason: reason.get_untracked() };
        act(ResultAction::Recall, Some(recall));
    };
    let chips = AHEAD.map(|(days, said)| view! {
        <button type="button" class="button small" data-testid=format!("result-recall-{days}") disabled=move || busy.get() || reason.get().trim().is_empty()
            on:click=move |_| recall(days)>"in "{said}</button>
    });
    view! {
        <section class="panel" aria-label="What is done about it">
            <Field label="A word about it" value=note test_id="result-note" hint=if abnormal { "Needed when nothing is to be done: it is out of the ordinary" } else { "What you told them, whom you rang" } />
            <div class="row">{buttons.collect_view()}</div>
            <div class="row recall-row">
                <Field label="Or ask them back: what for" value=reason test_id="result-recall-reason" hint="The desk reads it out" />
                {chips.collect_view()}
            </div>
        </section>
    }
}
