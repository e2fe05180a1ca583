//! An allergy, an intolerance, or nil known.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::RecordAllergy;
use wattle_domain::fields::{AllergyKind, AllergySeverity, EntryStatus};
use wattle_domain::substance;

use crate::components::field::Field;
use crate::components::picker::Segmented;
use crate::components::record::lists::{name_of_substance, offer_substances};
use crate::components::record::suggest::Suggest;
use crate::ipc;
use crate::state::record::{Form, record};
use crate::words;

/// Above the tab.
#[component]
pub(crate) fn AllergyForm() -> impl IntoView {
    let record = record();
    let (text, code) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let reaction = RwSignal::new(String::new());
    let kind = RwSignal::new(AllergyKind::Allergy);
    let severity = RwSignal::new(None::<AllergySeverity>);
    let busy = RwSignal::new(false);
    let none_stands = move || {
        record.with(|r| !r.allergies.iter().any(|a| a.status == EntryStatus::Active)).unwrap_or(false)
    };
    let save = move |kind: AllergyKind| {
        let Some(patient_id) = record.patient.get_untracked() else { return };
        let typed = text.get_untracked().trim().to_owned();
        // A name that is in the list is that of the list, also when it was only typed.
        let code = code.get_untracked().or_else(|| match substance::named(&typed).as_slice() {
            [only] => Some(only.code.to_owned()),
            _ => None,
        });
        let allergy = RecordAllergy {
            allergy_id: Uuid::nil().into(),
            patient_id,
            kind,
            substance: Some(typed).filter(|t| !t.is_empty()),
            code,
            reaction: Some(reaction.get_untracked()).filter(|t| !t.trim().is_empty()),
            severity: severity.get_untracked(),
            onset_on: None,
        };
        record.write(busy, "Noted, saved here.", ipc::record::record_allergy(allergy));
    };
    let kinds = [AllergyKind::Allergy, AllergyKind::Intolerance]
        .map(|k| (k.as_str().to_owned(), words::allergy_kind(k).to_owned()));
    let severities = AllergySeverity::ALL
        .iter()
        .map(|s| (s.as_str().to_owned(), words::severity(*s).to_owned()))
        .collect();
    view! {
        <form class="panel" aria-label="A new allergy" data-testid="allergy-form" on:submit=move |ev| { ev.prevent_default(); save(kind.get_untracked()); }>
            <div class="cells">
                <Suggest label="To what" text=text code=code offer=offer_substances name=name_of_substance test_id="allergy-substance" hint="A medicine, a class, a food; anything can be written" />
                <Field label="What happened" value=reaction test_id="allergy-reaction" hint="Rash, swelling, breathless …" class="wide" />
                <Segmented label="Kind" options=kinds.to_vec() value=Signal::derive(move || kind.get().as_str().to_owned())
                    chosen=Callback::new(move |v: String| if let Ok(k) = v.parse() { kind.set(k) }) test_id="allergy-kind" />
                <Segmented label="How bad" options=severities value=Signal::derive(move || severity.get().map(|s| s.as_str().to_owned()).unwrap_or_default())
                    chosen=Callback::new(move |v: String| severity.set(v.parse().ok())) test_id="allergy-severity" />
            </div>
            <div class="row end">
                <Show when=none_stands>
                    <button type="button" class="button" data-testid="allergy-nil" disabled=move || busy.get() on:click=move |_| save(AllergyKind::NilKnown)>"Asked: nil known"</button>
                </Show>
                <div class="grow"></div>
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="allergy-save" disabled=move || text.get().trim().is_empty() || busy.get()>"Note the allergy"</button>
            </div>
        </form>
    }
}
