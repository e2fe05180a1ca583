//! Banner, the form that stands open, tabs.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wattle_domain::PatientId;
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::documents::list::DocumentList;
use crate::components::icon::Icon;
use crate::components::patients::papers::Papers;
use crate::components::patients::record::{Appointments, Contacts};
use crate::components::record::account::Account;
use crate::components::record::allergy_form::AllergyForm;
use crate::components::record::banner::Banner;
use crate::components::record::letters::Letters;
use crate::components::record::medicine_form::MedicineForm;
use crate::components::record::medicines::Medicines;
use crate::components::record::notes::Notes;
use crate::components::record::observations::Observations;
use crate::components::record::problem_form::ProblemForm;
use crate::components::record::recall_form::RecallForm;
use crate::components::record::results::{ResultForm, Results};
use crate::components::record::summary::Summary;
use crate::components::record::timeline::Timeline;
use crate::components::record::values_form::ValuesForm;
use crate::state::record::{Form, Tab, record};
use crate::words;

/// Beside the list, or over the whole page.
#[component]
pub(crate) fn ClinicalPage(
    id: PatientId,
    r: Memo<Option<PatientRecord>>,
    history: RwSignal<bool>,
) -> impl IntoView {
    let record = record();
    let pending = move || r.with(|r| r.as_ref().is_some_and(|r| !r.pending.is_empty()));
    // Whatever asks for it is made anew when it has changed.
    let now = move || r.get().map(StoredValue::new);
    view! {
        <article class="clinical" data-testid="patient-record" data-id=id.to_string() data-pending=move || pending().to_string()>
            {move || now().map(|r| view! { <Banner r=r history=history /> })}
            {move || record.fault().map(|error| view! {
                <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
            })}
            <Tabs />
            <div class="clinical-body" role="tabpanel" id="record-panel" aria-label=move || record.tab.get().label()>
                {move || match record.form.get() {
                    Form::None => ().into_any(),
                    Form::Allergy => view! { <AllergyForm /> }.into_any(),
                    Form::Problem => view! { <ProblemForm /> }.into_any(),
                    Form::Medicine => view! { <MedicineForm /> }.into_any(),
                    Form::Values => view! { <ValuesForm /> }.into_any(),
                    Form::Recall => view! { <RecallForm /> }.into_any(),
                    Form::Result => view! { <ResultForm /> }.into_any(),
                }}
                {move || match record.tab.get() {
                    Tab::Summary => now().map(|r| view! { <Summary r=r /> }).into_any(),
                    Tab::Notes => view! { <Notes /> }.into_any(),
                    Tab::Medicines => view! { <Medicines /> }.into_any(),
                    Tab::Observations => now().map(|r| view! { <Observations r=r /> }).into_any(),
                    Tab::Results => view! { <Results /> }.into_any(),
                    Tab::Letters => now().map(|r| view! { <Letters r=r /> }).into_any(),
                    Tab::Timeline => now().map(|r| view! { <Timeline r=r /> }).into_any(),
                    Tab::Appointments => now().map(|r| view! { <div class="narrow"><Papers patient_id=id /><Appointments cards=r.with_value(|r| r.appointments.clone()) /></div> }).into_any(),
                    Tab::Documents => view! { <DocumentList /> }.into_any(),
                    Tab::Account => view! { <Account /> }.into_any(),
                    Tab::Contacts => now().map(|r| view! { <div class="narrow"><Contacts r=r.get_value() history=history /></div> }).into_any(),
                }}
            </div>
        </article>
    }
}

/// The tabs; arrow keys walk them, as do the numbers.
#[component]
fn Tabs() -> impl IntoView {
    let record = record();
    let all = Tab::of(record.desk);
    let tabs = all.clone();
    let on_key = move |ev: KeyboardEvent| {
        let at = tabs.iter().position(|t| *t == record.tab.get_untracked()).unwrap_or(0);
        let to = match ev.key().as_str() {
            "ArrowRight" => (at + 1) % tabs.len(),
            "ArrowLeft" => (at + tabs.len() - 1) % tabs.len(),
            "Home" => 0,
            "End" => tabs.len() - 1,
            _ => return,
        };
        if let Some(tab) = tabs.get(to) {
            record.tab.set(*tab);
            focus(&tab.test_id());
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    let tabs = all.into_iter().enumerate().map(|(n, tab)| {
        let digit = (n < Tab::ALL.len()).then(|| view! { <kbd aria-hidden="true">{(n + 1) % 10}</kbd> });
        let on = move || record.tab.get() == tab;
        view! {
            <button type="button" class="tab" role="tab" class:on=on aria-selected=move || on().to_string() aria-controls="record-panel"
                tabindex=move || if on() { "0" } else { "-1" } data-testid=tab.test_id() on:click=move |_| record.tab.set(tab)>
                {tab.label()}{digit}
            </button>
        }
    });
    view! { <div class="tabs" role="tablist" aria-label="Parts of the record" on:keydown=on_key>{tabs.collect_view()}</div> }
}

fn focus(test_id: &str) {
    use wasm_bindgen::JsCast;
    let css = format!("[data-testid={test_id}]");
    let found = document().query_selector(&css).ok().flatten();
    if let Some(tab) = found.and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(tab.focus());
    }
}
