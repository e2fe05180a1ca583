//! A medicine, with the warning when it meets an allergy.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::RecordMedication;
use wattle_domain::substance::{self, Meets};

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::record::lists::{name_of_substance, offer_medicines};
use crate::components::record::suggest::Suggest;
use crate::ipc;
use crate::state::record::{Form, record};
use crate::words;

/// Above the tab.
#[component]
pub(crate) fn MedicineForm() -> impl IntoView {
    let record = record();
    let (text, code) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let blank = || RwSignal::new(String::new());
    let (directions, quantity, repeats, reason, because) = (blank(), blank(), blank(), blank(), blank());
    let busy = RwSignal::new(false);
    let met = Memo::new(move |_| {
        record
            .with(|r| {
                let met = substance::allergies_met(&r.allergies, code.get().as_deref(), &text.get());
                let named = |id: Uuid| r.allergies.iter().find(|a| a.id.0 == id).cloned();
                met.into_iter().filter_map(|(id, how)| Some((named(id)?, how))).collect::<Vec<_>>()
            })
            .unwrap_or_default()
    });
    let warned = move || !met.with(Vec::is_empty);
    let number = |typed: RwSignal<String>| {
        move || {
            let typed = typed.get();
            let ok = typed.trim().is_empty() || typed.trim().parse::<u16>().is_ok();
            if ok { String::new() } else { "A number, or nothing.".to_owned() }
        }
    };
    let (odd_quantity, odd_repeats) = (number(quantity), number(repeats));
    let ready = move || {
        !text.get().trim().is_empty()
            && odd_quantity().is_empty()
            && odd_repeats().is_empty()
            && (!warned() || !because.get().trim().is_empty())
            && !busy.get()
    };
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let Some(patient_id) = record.patient.get_untracked() else { return };
        let maybe = |typed: RwSignal<String>| Some(typed.get_untracked()).filter(|t| !t.trim().is_empty());
        let medicine = RecordMedication {
            medication_id: Uuid::nil().into(),
            patient_id,
            code: code.get_untracked(),
            text: text.get_untracked(),
            directions: maybe(directions),
            quantity: quantity.get_untracked().trim().parse().ok(),
            repeats: repeats.get_untracked().trim().parse().ok(),
            reason: maybe(reason),
            started_on: Some(record.desk.today.get_untracked()),
            allergy_override: maybe(because).filter(|_| !met.with_untracked(Vec::is_empty)),
        };
        record.write(busy, "Entered, saved here.", ipc::record::record_medication(medicine));
    };
    view! {
        <form class="panel" aria-label="A new medicine" data-testid="medicine-form" on:submit=save>
            <div class="cells">
                <Suggest label="Medicine and strength" text=text code=code offer=offer_medicines name=name_of_substance test_id="medicine-text" hint="Take the name, then type the strength: 500 mg capsules" />
                <Field label="Directions" value=directions test_id="medicine-directions" hint="One capsule three times a day for 5 days" class="wide" />
                <Field label="Quantity" value=quantity test_id="medicine-quantity" odd=Signal::derive(odd_quantity) class="narrow" />
                <Field label="Repeats" value=repeats test_id="medicine-repeats" odd=Signal::derive(odd_repeats) class="narrow" />
                <Field label="What for" value=reason test_id="medicine-reason" />
            </div>
            <Show when=warned>
                <div class="notice" data-severity="critical" role="alert" data-testid="allergy-warning">
                    {Icon::Allergy.svg()}
                    <div class="grow">
                        {move || met.get().into_iter().map(|(allergy, how)| {
                            let name = allergy.substance.clone().unwrap_or_default();
                            let reaction = allergy.reaction.clone().map(|r| format!(": {r}")).unwrap_or_default();
                            let bad = allergy.severity.map(|s| format!(", {}", words::severity(s).to_lowercase())).unwrap_or_default();
                            let how = match how {
                                Meets::Same => "the same substance",
                                Meets::Class => "of the same class",
                                Meets::Cross => "of a class that may not be borne either",
                            };
                            view! { <p>{format!("Allergy to {name}{reaction}{bad}. This medicine is {how}.")}</p> }
                        }).collect_view()}
                        <Field label="Enter it all the same, because" value=because test_id="medicine-because" hint="Without a reason it is not entered" />
                    </div>
                </div>
            </Show>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="medicine-save" disabled=move || !ready()>"Enter the medicine"</button>
            </div>
        </form>
    }
}
