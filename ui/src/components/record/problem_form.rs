//! A problem.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::RecordCondition;

use crate::birth_date;
use crate::components::field::Field;
use crate::components::record::lists::{name_of_problem, offer_problems};
use crate::components::record::suggest::Suggest;
use crate::ipc;
use crate::state::record::{Form, record};

/// Above the tab.
#[component]
pub(crate) fn ProblemForm() -> impl IntoView {
    let record = record();
    let (text, code) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let (since, comment) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let odd = move || {
        let typed = since.get();
        let read = birth_date::parse(&typed, record.desk.today.get());
        if typed.trim().is_empty() || read.is_some() {
            String::new()
        } else {
            "Write day, month, year: 3/2/2019, or leave it empty.".to_owned()
        }
    };
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let Some(patient_id) = record.patient.get_untracked() else { return };
        let problem = RecordCondition {
            condition_id: Uuid::nil().into(),
            patient_id,
            code: code.get_untracked(),
            text: text.get_untracked(),
            comment: Some(comment.get_untracked()).filter(|t| !t.trim().is_empty()),
            onset_on: birth_date::parse(&since.get_untracked(), record.desk.today.get_untracked()),
        };
        record.write(busy, "Noted, saved here.", ipc::record::record_condition(problem));
    };
    view! {
        <form class="panel" aria-label="A new problem" data-testid="problem-form" on:submit=save>
            <div class="cells">
                <Suggest label="Problem" text=text code=code offer=offer_problems name=name_of_problem test_id="problem-text" hint="From the list, or as you would write it" />
                <Field label="Since" value=since test_id="problem-since" hint="3/2/2019" odd=Signal::derive(odd) />
                <Field label="Comment" value=comment test_id="problem-comment" class="wide" />
            </div>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="problem-save"
                    disabled=move || text.get().trim().is_empty() || !odd().is_empty() || busy.get()>"Note the problem"</button>
            </div>
        </form>
    }
}
