//! The record out of the house, as a document that other systems read; with the patient's consent.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wattle_domain::commands::RecordConsent;
use wattle_domain::entities::Consent;
use wattle_domain::fields::ConsentKind;
use wattle_protocol::ipc::letters::ExportFhir;
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::field::Field;
use crate::ipc;
use crate::show;
use crate::state::record::record;

/// Below the letters.
#[component]
pub(crate) fn Share(r: StoredValue<PatientRecord>) -> impl IntoView {
    let record = record();
    let desk = record.desk;
    let patient_id = r.with_value(|r| r.patient.id);
    let latest =
        r.with_value(|r| r.consents.iter().find(|consent| consent.kind == ConsentKind::ShareRecord).cloned());
    let given = r.with_value(|r| Consent::stands(&r.consents, ConsentKind::ShareRecord));
    let said = latest.map(|consent| {
        let when = show::when(desk.zone.get_untracked(), desk.now.get_untracked(), consent.said_at);
        let what = if consent.given { "Consent given" } else { "Consent taken back" };
        format!("{what} {when}: {}", consent.note)
    });
    let (note, busy, saved) =
        (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(None::<String>));
    let consent = move |given: bool| {
        let word = RecordConsent {
            consent_id: Uuid::nil().into(),
            patient_id,
            kind: ConsentKind::ShareRecord,
            given,
            note: note.get_untracked(),
        };
        record.write(busy, "The consent is noted, saved here.", ipc::letters::record_consent(word));
    };
    let export = move |ask: bool| {
        spawn_local(async move {
            match ipc::letters::export_fhir(ExportFhir { patient_id, ask }).await {
                Ok(Some(file)) => drop(saved.try_set(Some(file.path))),
                Ok(None) => {}
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    view! {
        <div class="part-head"><h2>"Out of the house"</h2></div>
        <p class="soft">"The record as one file (FHIR, AU Core) for another clinic's system, or for the patient. It is not encrypted: hand it over safely."</p>
        <p data-testid="consent" data-given=given.to_string()>{said.unwrap_or_else(|| "The patient has not been asked for consent yet.".to_owned())}</p>
        <div class="row share">
            <Field label="Who said so, and how" value=note test_id="consent-note" hint="In person; her daughter, by phone" />
            <button type="button" class="button" data-testid="consent-given" disabled=move || note.get().trim().is_empty() || busy.get() on:click=move |_| consent(true)>"Consent given"</button>
            {given.then(|| view! {
                <button type="button" class="button" data-testid="consent-back" disabled=move || note.get().trim().is_empty() || busy.get() on:click=move |_| consent(false)>"Consent taken back"</button>
            })}
        </div>
        {given.then(|| view! {
            <div class="row">
                <button type="button" class="button" data-testid="fhir-export" on:click=move |_| export(false)>"Save into Downloads"</button>
                <button type="button" class="button" on:click=move |_| export(true)>"Save as …"</button>
            </div>
        })}
        {move || saved.get().map(|path| view! { <p class="soft" role="status">"Saved: "<span class="id" data-testid="fhir-path">{path}</span></p> })}
    }
}
