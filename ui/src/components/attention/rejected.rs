//! A change that a rule stopped at the server: what it was, why, and what can be done instead.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{BookAppointment, RescheduleAppointment, Slot};
use wattle_domain::rejection::FreeSlot;
use wattle_domain::{AppointmentId, CommandId};
use wattle_protocol::ipc::attention::{RejectedItem, SetAside};

use crate::components::icon::Icon;
use crate::state::desk::{Desk, desk};
use crate::state::patients::Patients;
use crate::{ipc, show, words};

/// The way out is filled in where there is one.
#[component]
pub(crate) fn RejectedCard(item: RejectedItem) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let id = item.command_id;
    let zone = desk.zone.get_untracked();
    let made = show::when(zone, desk.now.get_untracked(), item.issued_at);
    let why = item.rejection.as_ref().map_or_else(
        || {
            "The server could not decide it. It is kept there whole, and an administrator can look at it."
                .to_owned()
        },
        words::rejected,
    );
    let aimed =
        aimed_at(&item).map(|at| format!(" It was for {}.", show::when(zone, desk.now.get_untracked(), at)));
    let free = item.rejection.as_ref().map(|r| r.free.clone()).unwrap_or_default();
    let patient = item.patient_id.zip(item.patient_name.clone());
    let by = item.by.clone().map_or_else(String::new, |by| format!("{by}, "));
    let again = StoredValue::new(item.clone());
    view! {
        <article class="item" data-testid="attention-item" data-kind="rejected" data-id=id.to_string() data-command=item.name.clone()>
            <div class="item-head">
                {Icon::Attention.svg()}
                <h2>{words::command(&item.name)}" was not accepted"</h2>
                {patient.map(|(id, name)| view! {
                    <button type="button" class="link" on:click=move |_| desk.open_patient(patients, id)>{name}</button>
                })}
            </div>
            <p>{why}{aimed}" What was shown here before is undone; nothing else was changed."</p>
            <p class="soft">{by}{made}</p>
            <div class="row">
                {free.into_iter().map(|slot| view! {
                    <button type="button" class="button" data-testid="attention-free" on:click=move |_| again.with_value(|item| instead(desk, item, slot))>
                        {format!("{} instead", show::when(zone, desk.now.get_untracked(), slot.start_at))}
                    </button>
                }).collect_view()}
                <button type="button" class="button" data-testid="attention-set-aside" on:click=move |_| set_aside(desk, id)>"Dealt with"</button>
            </div>
        </article>
    }
}

/// When the appointment was to be.
fn aimed_at(item: &RejectedItem) -> Option<wattle_domain::UtcInstant> {
    let at = item.args.get("start_at").or_else(|| item.args.get("to").and_then(|t| t.get("start_at")))?;
    at.as_i64().map(wattle_domain::UtcInstant)
}

fn set_aside(desk: Desk, command_id: CommandId) {
    spawn_local(async move {
        if let Err(error) = ipc::attention::set_aside(SetAside { command_id }).await {
            desk.toasts.fault(&error);
        }
    });
}

/// The same again at a free time; when that is saved, this one is dealt with.
fn instead(desk: Desk, item: &RejectedItem, slot: FreeSlot) {
    let (name, args, command_id) = (item.name.clone(), item.args.clone(), item.command_id);
    spawn_local(async move {
        let answer = match name.as_str() {
            "book_appointment" => match serde_json::from_value::<BookAppointment>(args) {
                Ok(verb) => {
                    let verb = BookAppointment {
                        appointment_id: AppointmentId(uuid::Uuid::nil()),
                        practitioner_id: slot.practitioner_id,
                        start_at: slot.start_at,
                        end_at: slot.end_at,
                        ..verb
                    };
                    ipc::daybook::book_appointment(verb).await
                }
                Err(_) => return,
            },
            "reschedule_appointment" => match serde_json::from_value::<RescheduleAppointment>(args) {
                Ok(verb) => {
                    let to = Slot {
                        practitioner_id: slot.practitioner_id,
                        start_at: slot.start_at,
                        end_at: slot.end_at,
                        ..verb.to
                    };
                    ipc::daybook::reschedule_appointment(RescheduleAppointment { to, ..verb }).await
                }
                Err(_) => return,
            },
            _ => return,
        };
        match answer {
            Ok(_) => set_aside(desk, command_id),
            Err(error) => desk.toasts.fault(&error),
        }
    });
}
