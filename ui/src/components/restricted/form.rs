//! Who may open a record: said with it, and changed by those who treat the patient or run the house.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::RestrictPatient;
use wattle_domain::role::{Action, Noun};
use wattle_domain::{PatientId, UserId};
use wattle_protocol::ipc::patients::{PatientQuery, PatientRecord, RestrictionForm};

use crate::ipc;
use crate::state::desk::{Desk, desk};

/// A heading, what holds now, and the way to change it.
#[component]
pub(crate) fn WhoMayOpen(r: PatientRecord) -> impl IntoView {
    let desk = desk();
    let id = r.patient.id;
    let restricted = r.restricted.is_some();
    let said = match restricted {
        true => format!("Restricted. {}", super::people(&r.open_to)),
        false => "Everybody at the clinic whose role shows it.".to_owned(),
    };
    let form = RwSignal::new(None::<RestrictionForm>);
    let ask = move |_| {
        spawn_local(async move {
            match ipc::restricted::restriction(PatientQuery { id }).await {
                Ok(known) => drop(form.try_set(Some(known))),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let may = move || desk.may((Noun::Restriction, Action::Write));
    view! {
        <h2>"Who may open this record"</h2>
        <div class="row who-may-open">
            <span data-testid="restriction" data-restricted=restricted.to_string()>{said}</span>
            <Show when=move || may() && form.with(Option::is_none)>
                <button type="button" class="button small" data-testid="restrict" on:click=ask>{if restricted { "Change …" } else { "Restrict …" }}</button>
            </Show>
        </div>
        {move || form.get().map(|known| panel(desk, id, known, form))}
    }
}

fn panel(
    desk: Desk,
    patient_id: PatientId,
    known: RestrictionForm,
    form: RwSignal<Option<RestrictionForm>>,
) -> AnyView {
    let chosen = RwSignal::new(known.open_to);
    let was = known.restricted;
    let busy = RwSignal::new(false);
    let boxed = move |(user, name): (UserId, String)| {
        let on = move || chosen.with(|c| c.contains(&user));
        let turn = move |_| {
            chosen.update(|c| {
                if c.contains(&user) {
                    c.retain(|held| *held != user);
                } else {
                    c.push(user);
                }
            });
        };
        view! {
            <label class="choice"><input type="checkbox" prop:checked=on data-testid="restrict-person" data-id=user.to_string() on:change=turn/>{name}</label>
        }
        .into_any()
    };
    let save = move |restricted: bool| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let verb = RestrictPatient { patient_id, restricted, open_to: chosen.get_untracked() };
        spawn_local(async move {
            match ipc::restricted::restrict_patient(verb).await {
                Ok(_) => {
                    let said =
                        if restricted { "The record is restricted." } else { "The record is open again." };
                    desk.toasts.done(said, Vec::new());
                    form.try_set(None);
                }
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="panel" role="group" aria-label="Restrict this record" data-testid="restrict-form">
            <p class="soft">"Everybody else sees the name and the appointments only. In need they open it for an hour with a reason, and the practice manager is told."</p>
            <fieldset class="choices"><legend>"Open to"</legend>{known.people.into_iter().map(boxed).collect::<Vec<_>>()}</fieldset>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| form.set(None)>"Cancel"</button>
                {was.then(|| view! {
                    <button type="button" class="button" data-testid="restrict-lift" disabled=move || busy.get() on:click=move |_| save(false)>"Open to all again"</button>
                })}
                <button type="button" class="button primary" data-testid="restrict-save" disabled=move || busy.get() on:click=move |_| save(true)>"Restrict"</button>
            </div>
        </div>
    }
    .into_any()
}
