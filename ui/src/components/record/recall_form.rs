//! Ask a patient back.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::ClinicDate;
use wattle_domain::commands::RecordRecall;

use crate::birth_date;
use crate::components::field::Field;
use crate::ipc;
use crate::state::patients::Patients;
use crate::state::record::{Form, record};

/// How far ahead the buttons go: days and words.
const AHEAD: [(i64, &str); 5] =
    [(14, "2 weeks"), (42, "6 weeks"), (91, "3 months"), (182, "6 months"), (365, "a year")];

/// Above the tab; the desk makes recalls too.
#[component]
pub(crate) fn RecallForm() -> impl IntoView {
    let (record, patients) = (record(), expect_context::<Patients>());
    let (reason, due) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let today = record.desk.today;
    let day = move || parse(&due.get(), today.get());
    let odd = move || {
        if due.get().trim().is_empty() || day().is_some() {
            String::new()
        } else {
            "Write a day to come: 3/2/2027".to_owned()
        }
    };
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let (Some(patient_id), Some(due_on)) = (patients.open.get_untracked(), untrack(day)) else { return };
        let recall = RecordRecall {
            recall_id: Uuid::nil().into(),
            patient_id,
            practitioner_id: record
                .desk
                .session
                .with_untracked(|s| s.as_ref().and_then(|s| s.practitioner_id)),
            due_on,
            reason: reason.get_untracked(),
        };
        record.write(busy, "The recall is made, saved here.", ipc::record::record_recall(recall));
    };
    let chips = AHEAD.map(|(days, said)| {
        view! {
            <button type="button" class="button small" data-testid=format!("recall-in-{days}")
                on:click=move |_| due.set(slashed(today.get_untracked().plus_days(days)))>"in "{said}</button>
        }
    });
    view! {
        <form class="panel" aria-label="A new recall" data-testid="recall-form" on:submit=save>
            <div class="cells">
                <Field label="What for" value=reason test_id="recall-reason" hint="The desk reads it out: Blood pressure check" first=true class="wide" />
                <Field label="From" value=due test_id="recall-due" odd=Signal::derive(odd) below=Signal::derive(move || day().map(|d| d.long()).unwrap_or_default()) />
            </div>
            <div class="row" role="group" aria-label="From when on">{chips.collect_view()}</div>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="recall-save"
                    disabled=move || reason.get().trim().is_empty() || day().is_none() || busy.get()>"Make the recall"</button>
            </div>
        </form>
    }
}

/// A day to come; two digits of a year are of this century.
fn parse(text: &str, today: ClinicDate) -> Option<ClinicDate> {
    birth_date::parse(text, today.plus_days(50 * 365)).filter(|day| *day >= today)
}

/// `3/2/2027`.
fn slashed(day: ClinicDate) -> String {
    day.0.format("%-d/%-m/%Y").to_string()
}
