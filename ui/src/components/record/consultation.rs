//! From the appointment into the consultation and out again.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{FinishConsultation, StartConsultation};
use wattle_domain::fields::AppointmentStatus;
use wattle_domain::{AppointmentId, PatientId};
use wattle_protocol::ipc::daybook::Card;

use crate::components::icon::Icon;
use crate::ipc;
use crate::state::desk::{Desk, Page, desk};
use crate::state::record::{Record, record};
use crate::verbs::step::Step;

/// The one button of today's appointment: start, or finish.
#[component]
pub(crate) fn Consultation(cards: Vec<Card>) -> impl IntoView {
    let (desk, record) = (desk(), record());
    let zone = desk.zone.get_untracked();
    let today = zone.date(desk.now.get_untracked());
    let me = desk.session.with_untracked(|s| s.as_ref().and_then(|s| s.practitioner_id));
    let mut open: Vec<Card> = cards
        .into_iter()
        .filter(|card| zone.date(card.start_at) == today && !Step::after(card.status).is_empty())
        .collect();
    // The one that runs, else mine, else the next.
    open.sort_by_key(|card| {
        (card.status != AppointmentStatus::InConsult, Some(card.practitioner_id) != me, card.start_at)
    });
    let asks = RwSignal::new(false);
    let card = open.into_iter().next().filter(|_| desk.may(Step::Start.grant()));
    card.map(|card| {
        let (id, patient_id) = (card.id, card.patient_id);
        if card.status != AppointmentStatus::InConsult {
            let at = zone.clock(card.start_at);
            return view! {
                <button type="button" class="button primary" data-testid="start-consultation" data-id=id.to_string() on:click=move |_| start(desk, record, patient_id, id)>
                    {Icon::Stethoscope.svg()}"Start consultation"<span class="small-print">{at}</span>
                </button>
            }
            .into_any();
        }
        let since = card.started_at.map(|at| format!("since {}", zone.clock(at)));
        let unsigned = move || record.editor.get().is_some_and(|e| !e.is_empty() && !e.signed.get());
        let finish_now = move || {
            asks.set(false);
            finish(desk, id);
        };
        view! {
            <span class="worded state" data-status="in_consult" data-testid="in-consultation">{Icon::Stethoscope.svg()}"In consultation "{since}</span>
            <button type="button" class="button primary" data-testid="finish-consultation"
                on:click=move |_| if unsigned() { asks.set(true) } else { finish_now() }>{Icon::Done.svg()}"Finish"</button>
            <Show when=move || asks.get()>
                <div class="menu ask" role="alertdialog" aria-label="The note is not signed" data-testid="finish-question">
                    <p>"The note is not signed yet. It stays here as your draft until you sign it."</p>
                    <div class="row end">
                        <button type="button" class="button" on:click=move |_| asks.set(false)>"Go on writing"</button>
                        <button type="button" class="button" data-testid="finish-unsigned" on:click=move |_| finish_now()>"Finish without signing"</button>
                    </div>
                </div>
            </Show>
        }
        .into_any()
    })
}

/// Starts, and puts a note for it on the desk.
pub(crate) fn start(desk: Desk, record: Record, patient_id: PatientId, appointment_id: AppointmentId) {
    record.consulting.set(Some((patient_id, appointment_id)));
    spawn_local(async move {
        let started = ipc::daybook::start_consultation(StartConsultation { appointment_id }).await;
        if let Err(error) = started {
            record.consulting.try_set(None);
            desk.toasts.fault(&error);
        }
    });
}

/// Finishes; the next person waits.
fn finish(desk: Desk, appointment_id: AppointmentId) {
    spawn_local(async move {
        match ipc::daybook::finish_consultation(FinishConsultation { appointment_id }).await {
            Ok(_) => desk.page.set(Page::Waiting),
            Err(error) => desk.toasts.fault(&error),
        }
    });
}
