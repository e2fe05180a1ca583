//! The drawer on the right: the appointment in hand. The book stays in sight beside it.

use leptos::prelude::*;
use wattle_domain::role::{Action, Noun};
use wattle_domain::{AppointmentId, PatientId};
use wattle_protocol::ipc::daybook::Card;

use crate::components::daybook::card::marks;
use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::state::book::{book, movable};
use crate::state::desk::{Page, desk};
use crate::state::patients::{Patients, record_of};
use crate::verbs::step::{self, Step};
use crate::{show, words};

/// Shows while an appointment is in hand, beside the book and the waiting room.
#[component]
pub(crate) fn Drawer() -> impl IntoView {
    let (desk, book) = (desk(), book());
    let shown = Memo::new(move |_| {
        let here = matches!(desk.page.get(), Page::DayBook | Page::Waiting);
        book.in_hand.get().filter(|_| here)
    });
    view! { {move || shown.get().map(|id| view! { <AppointmentDrawer id=id /> })} }
}

#[component]
fn AppointmentDrawer(id: AppointmentId) -> impl IntoView {
    let book = book();
    let card = Memo::new(move |_| book.card(id));
    let patient = Memo::new(move |_| card.with(|c| c.as_ref().map(|c| c.patient_id)));
    let close = move |_| book.in_hand.set(None);
    view! {
        <aside class="drawer" aria-label="Appointment" data-testid="appointment-drawer" data-id=id.to_string()>
            <div class="drawer-head">
                <span class="soft">"Appointment"</span>
                <div class="grow"></div>
                <button type="button" class="button bare icon-only" aria-label="Close (Esc)" data-testid="drawer-close" on:click=close>{Icon::Close.svg()}</button>
            </div>
            {move || match card.get() {
                Some(card) => view! { <Details card=card patient=patient /> }.into_any(),
                None => view! {
                    <div class="nothing small">
                        <p>"This appointment is not on this day any more: it was moved or cancelled."</p>
                    </div>
                }.into_any(),
            }}
        </aside>
    }
}

#[component]
fn Details(card: Card, patient: Memo<Option<PatientId>>) -> impl IntoView {
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let record = record_of(desk, patient);
    let id = card.id;
    let zone = desk.zone.get_untracked();
    let kind = book.kind(card.type_id);
    let hue = kind.as_ref().map_or(1, |k| k.hue.clamp(1, 8));
    let length = card.end_at.minutes_since(card.start_at);
    let patient_id = card.patient_id;
    let birth = card.birth_date;
    let status = card.status;
    let steps = Step::after(status).iter().filter(|s| desk.may(s.grant())).copied().collect::<Vec<_>>();
    let buttons = steps.iter().enumerate().map(|(i, &step)| {
        let primary = i == 0;
        view! {
            <button type="button" class="button" class:primary=primary data-testid=step.test_id() on:click=move |_| step::take(desk, step, id)>
                {step.label()}
            </button>
        }
    });
    let can_move = movable(&card);
    let can_write = desk.may((Noun::Appointment, Action::Write));
    let pick_up = {
        move |_| {
            let placed = book.laid.with_untracked(|l| l.cards.get(&id).cloned());
            match placed {
                Some(placed) => {
                    desk.page.set(Page::DayBook);
                    book.pick_up(&placed, false, false);
                    focus_grid();
                }
                None => desk.toasts.fault_with("Open the day of this appointment to move it.", Vec::new()),
            }
        }
    };
    let seen = marks(&card);
    let times = stamps(&card, zone);
    let (updated_by, updated_at) = (card.updated_by, card.updated_at);
    let last = move || {
        let who =
            updated_by.and_then(|u| record.value.with(|r| r.as_ref().and_then(|r| r.names.get(&u).cloned())));
        let at = show::when(zone, desk.minute.get(), updated_at);
        match who {
            Some(who) => format!("Last changed by {who}, {at}"),
            None => format!("Last changed {at}"),
        }
    };
    view! {
        <div class="drawer-body">
            <button type="button" class="patient-link" data-testid="drawer-patient" data-id=patient_id.to_string() on:click=move |_| desk.open_patient(patients, patient_id)>
                <b class="drawer-name">{card.patient_name.clone()}</b>{Icon::Right.svg()}
            </button>
            <div class="facts tabular">
                <span>{Icon::Cake.svg()}{move || birth.map_or_else(|| "birth date not known".to_owned(), |b| show::born(b, desk.today.get()))}</span>
                {card.phone.as_deref().map(|p| view! { <span>{Icon::Phone.svg()}{show::tel(p)}</span> })}
            </div>
            {move || record.value.with(|r| r.iter().flat_map(|r| &r.alerts).filter(|a| a.place != wattle_domain::fields::AlertPlace::Billing)
                .map(|a| view! { <p class="notice" data-severity=a.severity.as_str()>{Icon::Attention.svg()}<span>{a.text.clone()}</span></p> }).collect_view())}
            <div class="slip" data-hue=hue.to_string()>
                <b class="tabular">{zone.clock(card.start_at)}" to "{zone.clock(card.end_at)}</b>
                <span class="soft">{zone.date(card.start_at).long()}", "{show::minutes(length)}</span>
                <span>{kind.map(|k| k.name)}</span>
                <span>{book.practitioner_name(card.practitioner_id)}{card.room_id.and_then(|r| book.room(r)).map(|r| format!(", {}", r.name))}</span>
            </div>
            <div class="status-line" data-testid="drawer-status" data-status=status.as_str()>
                <span class="state" data-status=status.as_str()>{words::status_icon(status).svg()}<b>{words::status(status)}</b></span>
                {seen.into_iter().map(|(icon, word, class)| view! { <span class=format!("worded {class}")>{icon.svg()}{word}</span> }).collect_view()}
            </div>
            {(!times.is_empty()).then(|| view! { <dl class="stamps tabular">{times.into_iter().map(|(k, v)| view! { <dt>{k}</dt><dd>{v}</dd> }).collect_view()}</dl> })}
            {card.note.clone().map(|n| view! { <p class="note" data-testid="drawer-note">{n}</p> })}
            <div class="steps">{buttons.collect_view()}</div>
            <Show when=move || can_write && can_move>
                <div class="steps">
                    <button type="button" class="button" data-testid="move-button" on:click=pick_up>{Icon::Move.svg()}"Move"<kbd>"M"</kbd></button>
                    <Cancel id=id />
                </div>
            </Show>
            <p class="soft small-print">{last}</p>
        </div>
    }
}

/// What happened when.
fn stamps(card: &Card, zone: wattle_domain::ClinicZone) -> Vec<(&'static str, String)> {
    [("Arrived", card.arrived_at), ("Went in", card.started_at), ("Finished", card.finished_at)]
        .into_iter()
        .filter_map(|(word, at)| at.map(|at| (word, zone.clock(at))))
        .collect()
}

/// Cancels with a reason: the usual ones are one click.
#[component]
fn Cancel(id: AppointmentId) -> impl IntoView {
    const USUAL: [&str; 4] = ["Patient asked", "Practitioner away", "Patient unwell", "Booked by mistake"];
    let (desk, book) = (desk(), book());
    let open = RwSignal::new(false);
    let other = RwSignal::new(String::new());
    let cancel = move |reason: String| step::cancel(desk, id, reason, move || book.in_hand.set(None));
    view! {
        <button type="button" class="button" data-testid="cancel-button" aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|o| *o = !*o)>
            {Icon::CalendarX.svg()}"Cancel …"
        </button>
        <Show when=move || open.get()>
            <div class="reasons" role="group" aria-label="Why is it cancelled?">
                <span class="soft">"Why? The time is free again at once."</span>
                {USUAL.iter().map(|&reason| view! {
                    <button type="button" class="button small" data-testid="cancel-reason" on:click=move |_| cancel(reason.to_owned())>{reason}</button>
                }).collect_view()}
                <Field label="Another reason" value=other test_id="cancel-other" />
                <button type="button" class="button danger" data-testid="cancel-confirm" disabled=move || other.get().trim().is_empty()
                    on:click=move |_| cancel(other.get_untracked().trim().to_owned())>"Cancel the appointment"</button>
            </div>
        </Show>
    }
}

fn focus_grid() {
    use wasm_bindgen::JsCast;
    request_animation_frame(|| {
        let grid = document().query_selector("[data-testid=daybook-grid]").ok().flatten();
        if let Some(grid) = grid.and_then(|g| g.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(grid.focus());
        }
    });
}
