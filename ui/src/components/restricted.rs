//! Restricted records: the shut door, the strip while it stands open, and who may open it.

pub(crate) mod form;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{BreakGlass, SHORTEST_REASON};
use wattle_domain::restriction::GLASS_MIN;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::{PatientRecord, Restricted};

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::patients::record::Appointments;
use crate::ipc;
use crate::show;
use crate::state::desk::desk;
use crate::state::patients::{Pane, Patients};

/// Instead of the record: who it is, when they come, and the question. `reason` is what is typed.
#[component]
pub(crate) fn Shut(r: PatientRecord, reason: RwSignal<String>) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let (id, birth) = (r.patient.id, r.patient.birth_date);
    let busy = RwSignal::new(false);
    let ready = move || reason.with(|r| r.trim().chars().count() >= SHORTEST_REASON);
    let may = move || desk.may((Noun::BrokenGlass, Action::Write));
    let open = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() || !ready() {
            return;
        }
        busy.set(true);
        let glass = BreakGlass { patient_id: id, reason: reason.get_untracked() };
        spawn_local(async move {
            if let Err(error) = ipc::restricted::break_glass(glass).await {
                desk.toasts.fault(&error);
            }
            busy.try_set(false);
        });
    };
    let team = people(&r.open_to);
    let alerts = r
        .alerts
        .iter()
        .map(|a| {
            view! { <p class="notice" data-severity=a.severity.as_str()>{Icon::Attention.svg()}<span>{a.text.clone()}</span></p> }
        })
        .collect_view();
    view! {
        <article class="record" data-testid="record-shut" data-id=id.to_string()>
            <header class="record-head">
                <button type="button" class="button bare icon-only" aria-label="Back to the list of patients" data-testid="banner-back"
                    on:click=move |_| patients.pane.set(Pane::Nobody)>{Icon::Left.svg()}</button>
                <div>
                    <h1 data-testid="patient-name">{show::patient(&r.patient)}</h1>
                    <div class="facts tabular">
                        <span>{Icon::Cake.svg()}{move || birth.map_or_else(|| "birth date not known".to_owned(), |b| show::born(b, desk.today.get()))}</span>
                    </div>
                </div>
            </header>
            {alerts}
            <form class="panel" aria-label="This record is restricted" data-testid="glass-form" on:submit=open>
                <h2>{Icon::Lock.svg()}" This record is restricted."</h2>
                <p>{team}</p>
                <Show when=may fallback=|| view! { <p class="soft">"Your role does not open it. Ask one of them, or the practice manager."</p> }>
                    <p>{format!("Open it for {GLASS_MIN} minutes? Say why. The practice manager is told that you opened it, and reads what you write here.")}</p>
                    <Field label="Why" value=reason test_id="glass-reason" first=true class="wide" hint="For example: collapsed in the waiting room" />
                    <div class="row end">
                        <button type="submit" class="button primary" data-testid="glass-break" disabled=move || !ready() || busy.get()>
                            {format!("Open for {GLASS_MIN} minutes")}
                        </button>
                    </div>
                </Show>
            </form>
            <section>
                <h2>"Appointments"</h2>
                <Appointments cards=r.appointments.clone() />
            </section>
        </article>
    }
}

/// Over a restricted record that is open: why it is, and for how long.
#[component]
pub(crate) fn OpenDoor(restricted: Restricted, open_to: Vec<String>) -> impl IntoView {
    let desk = desk();
    let team = people(&open_to);
    if let Some(until) = restricted.until {
        desk.shuts_at.set(Some(until));
    }
    view! {
        <div class="strip" role="status" data-testid="glass-open" data-until=restricted.until.map(|at| at.0.to_string())>
            {Icon::Lock.svg()}
            <span>{match restricted.until {
                None => format!("Restricted record. {team}"),
                Some(_) => "Restricted record, opened by you. The practice manager is told.".to_owned(),
            }}</span>
            {restricted.until.map(|until| view! {
                <span class="tabular" data-testid="glass-left">{move || left(until.0 - desk.now.get().0)}</span>
            })}
        </div>
    }
}

/// `It is open to Dr Lee and Ann.`
fn people(open_to: &[String]) -> String {
    let named: Vec<&str> = open_to.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    match named.as_slice() {
        [] => "It is open to nobody without a reason.".to_owned(),
        [one] => format!("It is open to {one}."),
        [first @ .., last] => format!("It is open to {} and {last}.", first.join(", ")),
    }
}

/// `Shuts by itself in 59:12`.
fn left(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    format!("Shuts by itself in {}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_counts_down_and_stops() {
        for (ms, said) in [
            (3_600_000, "Shuts by itself in 60:00"),
            (61_999, "Shuts by itself in 1:01"),
            (999, "Shuts by itself in 0:00"),
            (-5, "Shuts by itself in 0:00"),
        ] {
            assert_eq!(left(ms), said);
        }
    }

    #[test]
    fn people_are_named_as_one_says_it() {
        let names = |names: &[&str]| people(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&[]), "It is open to nobody without a reason.");
        assert_eq!(names(&["Dr Lee"]), "It is open to Dr Lee.");
        assert_eq!(names(&["Dr Lee", "Ann", "Tom"]), "It is open to Dr Lee, Ann and Tom.");
    }
}
