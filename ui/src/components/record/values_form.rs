//! Measured values: one box each, checked as they are typed.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::{NewObservation, RecordObservations};
use wattle_domain::fields::ObservationCode;
use wattle_domain::measure::{self, BadMeasure};

use crate::components::field::Field;
use crate::ipc;
use crate::state::record::{Form, record};
use crate::words;

/// Above the tab.
#[component]
pub(crate) fn ValuesForm() -> impl IntoView {
    let record = record();
    let boxes: Vec<(ObservationCode, RwSignal<String>)> =
        ObservationCode::ALL.iter().map(|code| (*code, RwSignal::new(String::new()))).collect();
    let boxes = StoredValue::new(boxes);
    let busy = RwSignal::new(false);
    let read = move || -> Option<Vec<NewObservation>> {
        boxes.with_value(|boxes| {
            let typed = boxes.iter().filter(|(_, text)| !text.with(|t| t.trim().is_empty()));
            typed
                .map(|(code, text)| {
                    let (value, second) = measure::parse(*code, &text.get()).ok()?;
                    Some(NewObservation {
                        id: Uuid::nil().into(),
                        code: *code,
                        value_milli: Some(value),
                        second_milli: second,
                        unit: code.measure().unit.to_owned(),
                        comment: None,
                        supersedes: None,
                    })
                })
                .collect()
        })
    };
    let ready = move || read().is_some_and(|values| !values.is_empty()) && !busy.get();
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let (Some(patient_id), Some(observations)) = (record.patient.get_untracked(), untrack(read)) else {
            return;
        };
        let appointment_id = record.editor.get_untracked().and_then(|e| e.appointment_id.get_untracked());
        let effective_at = crate::clock::now();
        let values = RecordObservations { patient_id, appointment_id, effective_at, observations };
        record.write(busy, "Noted, saved here.", ipc::record::record_observations(values));
    };
    let fields = boxes.with_value(|boxes| {
        boxes
            .iter()
            .enumerate()
            .map(|(n, (code, text))| {
                let (code, text) = (*code, *text);
                let unit = code.measure().unit_text;
                let odd = move || {
                    let typed = text.get();
                    if typed.trim().is_empty() {
                        return String::new();
                    }
                    match measure::parse(code, &typed) {
                        Ok(_) => String::new(),
                        Err(BadMeasure::NotANumber) if code == ObservationCode::BloodPressure => "Two numbers: 120/80".to_owned(),
                        Err(BadMeasure::NotANumber) => "A number".to_owned(),
                        Err(BadMeasure::OutOfRange) => "That cannot be right. Check it.".to_owned(),
                        Err(BadMeasure::Reversed) => "The upper number comes first".to_owned(),
                    }
                };
                let label = format!("{} ({unit})", words::observation(code));
                view! { <Field label=label value=text test_id=format!("value-{}", code.as_str()) odd=Signal::derive(odd) first=n == 0 /> }
            })
            .collect_view()
    });
    view! {
        <form class="panel" aria-label="Measured values" data-testid="values-form" on:submit=save>
            <div class="cells">{fields}</div>
            <div class="row end">
                <span class="soft">"Measured now; fill in what you have."</span>
                <div class="grow"></div>
                <button type="button" class="button" on:click=move |_| record.form.set(Form::None)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="values-save" disabled=move || !ready()>"Note the values"</button>
            </div>
        </form>
    }
}
