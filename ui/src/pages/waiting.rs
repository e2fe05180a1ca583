//! The waiting room: one line per person, the next step as the one button on it.

use leptos::prelude::*;
use wattle_protocol::ipc::waiting::Line;

use crate::components::daybook::card::marks;
use crate::components::icon::Icon;
use crate::components::record::consultation;
use crate::state::book::book;
use crate::state::desk::desk;
use crate::state::patients::Patients;
use crate::state::record::{MAY_READ, record};
use crate::state::waiting::Waiting;
use crate::verbs::step::{self, Step};
use crate::{show, words};

/// Minutes past the booked time after which a wait turns amber, then red.
const LATE_MIN: i64 = 15;
const VERY_LATE_MIN: i64 = 30;
/// How many of those still to come are shown.
const COMING: usize = 12;

/// Where somebody stands: which group of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Waiting,
    Inside,
    Coming,
}

/// Who is here, who is with somebody, who comes next.
#[component]
pub(crate) fn WaitingPage() -> impl IntoView {
    let (desk, waiting) = (desk(), expect_context::<Waiting>());
    let room = waiting.room;
    let group = move |group: Group| {
        room.value.with(|r| {
            let r = r.as_ref()?;
            Some(match group {
                Group::Waiting => r.waiting.clone(),
                Group::Inside => r.in_consult.clone(),
                Group::Coming => r.expected.clone(),
            })
        })
    };
    view! {
        <div class="toolbar"><h1 class="day-title">"Waiting room"<span class="soft">{move || desk.today.get().long()}</span></h1></div>
        {move || room.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        <div class="scroll">
            <div class="waiting">
                <Lines title="Waiting" empty="Nobody is waiting. Mark somebody as arrived below, or press A on their card in the day book."
                    group=Group::Waiting lines=Signal::derive(move || group(Group::Waiting)) />
                <Lines title="With a practitioner" empty="Nobody is with a practitioner."
                    group=Group::Inside lines=Signal::derive(move || group(Group::Inside)) />
                <Lines title="Still to come" empty="Nobody else is expected today."
                    group=Group::Coming lines=Signal::derive(move || group(Group::Coming)) />
            </div>
        </div>
    }
}

#[component]
fn Lines(
    title: &'static str,
    empty: &'static str,
    group: Group,
    lines: Signal<Option<Vec<Line>>>,
) -> impl IntoView {
    let all = RwSignal::new(false);
    let count = move || lines.with(|l| l.as_ref().map_or(0, Vec::len));
    let more = move || group == Group::Coming && !all.get() && count() > COMING;
    let shown = move || {
        let mut shown = lines.get().unwrap_or_default();
        if more() {
            shown.truncate(COMING);
        }
        shown
    };
    view! {
        <section class="group" aria-label=title>
            <h2>{title}<span class="soft tabular">{move || (count() > 0).then(count)}</span></h2>
            <Show when=move || lines.with(Option::is_some) && count() == 0>
                <p class="soft empty-line">{empty}</p>
            </Show>
            <Show when=move || { count() > 0 }>
                <div class="table waiting-table" role="table" aria-label=title>
                    <div class="tr th" role="row">
                        <span role="columnheader">"Booked"</span>
                        <span role="columnheader">{match group { Group::Waiting => "Waiting", Group::Inside => "Inside", Group::Coming => "Due" }}</span>
                        <span role="columnheader">"Patient"</span>
                        <span role="columnheader">"For"</span>
                        <span role="columnheader">"Room"</span>
                        <span role="columnheader">"Type"</span>
                        <span role="columnheader" aria-label="Next step"></span>
                    </div>
                    <For each=shown key=|l| (l.card.id, l.card.status, l.card.updated_at, l.card.pending) let:line>
                        <One line=line group=group />
                    </For>
                </div>
            </Show>
            <Show when=more>
                <button type="button" class="button bare" on:click=move |_| all.set(true)>{move || format!("Show all {}", count())}</button>
            </Show>
        </section>
    }
}

#[component]
fn One(line: Line, group: Group) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let card = line.card;
    let (id, start_at) = (card.id, card.start_at);
    let since = match group {
        Group::Waiting => card.arrived_at,
        Group::Inside => card.started_at,
        Group::Coming => None,
    };
    let span = move || {
        let now = desk.minute.get();
        match (group, since) {
            (Group::Coming, _) => {
                let min = start_at.minutes_since(now);
                if min >= 0 {
                    format!("in {}", show::minutes(min))
                } else {
                    format!("{} late", show::minutes(-min))
                }
            }
            (_, Some(since)) => show::minutes(now.minutes_since(since).max(0)),
            _ => String::new(),
        }
    };
    let past = move || desk.minute.get().minutes_since(start_at);
    let late = move || group == Group::Waiting && (LATE_MIN..VERY_LATE_MIN).contains(&past());
    let very_late = move || group == Group::Waiting && past() >= VERY_LATE_MIN;
    let overdue = move || group == Group::Coming && past() >= LATE_MIN;
    let words_late = move || match group {
        Group::Waiting if past() >= LATE_MIN => format!("due {} ago", show::minutes(past())),
        _ => String::new(),
    };
    let next = Step::after(card.status).iter().copied().find(|s| desk.may(s.grant()));
    let (record, patients) = (record(), expect_context::<Patients>());
    let patient_id = card.patient_id;
    // Who writes records goes on in the record; anybody else stays here.
    let take = move |step: Step| {
        if step == Step::Start && desk.may(MAY_READ) {
            desk.open_patient(patients, patient_id);
            consultation::start(desk, record, patient_id, id);
        } else {
            step::take(desk, step, id);
        }
    };
    let zone = desk.zone.get_untracked();
    let seen = marks(&card);
    let hue = book.kind(line.type_id).map_or(1, |k| k.hue.clamp(1, 8));
    let name = card.patient_name.clone();
    view! {
        <div class="tr" role="row" data-testid="waiting-line" data-id=id.to_string() data-status=card.status.as_str() data-patient=name
            class:late=late class:very-late=very_late class:overdue=overdue class:in-hand=move || book.in_hand.get() == Some(id)
            on:click=move |_| book.in_hand.set(Some(id))>
            <span role="cell" class="tabular">{zone.clock(start_at)}</span>
            <span role="cell" class="tabular wait"><b>{span}</b><span class="small-print cut">{words_late}</span></span>
            <span role="cell" class="patient-cell">
                <button type="button" class="link" on:click=move |ev| { ev.stop_propagation(); book.in_hand.set(Some(id)); }>{card.patient_name.clone()}</button>
                <span class="soft tabular">{card.birth_date.map(|b| move || show::age(b, desk.today.get()))}</span>
                {seen.into_iter().map(|(icon, word, class)| view! { <span class=class data-tip=word aria-label=word role="img">{icon.svg()}</span> }).collect_view()}
            </span>
            <span role="cell" class="cut">{line.practitioner_name}</span>
            <span role="cell" class="cut soft">{line.room_name}</span>
            <span role="cell" class="cut"><span class="hue-dot" data-hue=hue.to_string() aria-hidden="true"></span>{line.type_name}</span>
            <span role="cell" class="next">
                {next.map(|step| view! {
                    <button type="button" class="button small" data-testid="step-button" data-step=step.test_id()
                        on:click=move |ev| { ev.stop_propagation(); take(step); }>{step.label()}</button>
                })}
            </span>
        </div>
    }
}
