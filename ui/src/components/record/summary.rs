//! What matters now, on one screen.

use leptos::prelude::*;
use wattle_domain::TableName;
use wattle_domain::entities::{Allergy, Condition};
use wattle_domain::fields::{AllergyKind, EntryStatus};
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::icon::Icon;
use crate::components::record::entry::{Entry, EntryLine};
use crate::components::record::medicines::active_medicines;
use crate::components::record::notes::NoteCard;
use crate::components::record::observations::Latest;
use crate::components::record::recalls::Recalls;
use crate::state::record::{Form, Tab, record};
use crate::words;

/// Notes that the summary shows.
const NOTES: usize = 3;

/// The first tab.
#[component]
pub(crate) fn Summary(r: StoredValue<PatientRecord>) -> impl IntoView {
    let record = record();
    let unsigned = move || record.editor.get().is_some_and(|e| !e.is_empty() && !e.signed.get());
    view! {
        <Show when=unsigned>
            <div class="strip slim" role="status" data-testid="draft-waits">
                {Icon::Pencil.svg()}<span>"A note of yours is not signed yet."</span>
                <button type="button" class="button small" on:click=move |_| record.tab.set(Tab::Notes)>"Go on writing"</button>
            </div>
        </Show>
        <div class="columns">
            <section>
                <Head title="Allergies" form=Form::Allergy key_name="A" test_id="add-allergy" />
                <Allergies />
                <Head title="Problems" form=Form::Problem key_name="P" test_id="add-problem" />
                <Problems />
                <Head title="Medicines" form=Form::Medicine key_name="M" test_id="add-medicine" />
                <ul class="entries" data-testid="active-medicines">{move || active_medicines(record)}</ul>
                <Nothing none=Signal::derive(move || record.with(|r| r.medications.iter().all(|m| m.status != EntryStatus::Active)) == Some(true)) said="No medicine is taken." />
            </section>
            <section>
                <Head title="Last measured" form=Form::Values key_name="O" test_id="add-values" />
                <Latest />
                <Head title="Recalls" form=Form::Recall key_name="R" test_id="add-recall" />
                <Recalls r=r.get_value() />
                <div class="part-head"><h2>"Last notes"</h2><div class="grow"></div>
                    <button type="button" class="button bare small" on:click=move |_| record.tab.set(Tab::Notes)>"All notes"</button></div>
                {move || record.get().map(|r| {
                    let notes: Vec<_> = r.notes.iter().filter(|n| !r.notes.iter().any(|later| later.supersedes == Some(n.id))).take(NOTES).cloned().collect();
                    let none = notes.is_empty();
                    view! {
                        {notes.into_iter().map(|note| view! { <NoteCard note=note short=true /> }).collect_view()}
                        {none.then(|| view! { <p class="soft">"No note yet."</p> })}
                    }
                })}
            </section>
        </div>
    }
}

/// A heading with the button that opens its form.
#[component]
pub(crate) fn Head(
    title: &'static str,
    form: Form,
    key_name: &'static str,
    test_id: &'static str,
) -> impl IntoView {
    let record = record();
    let grant = if form == Form::Recall { Noun::Patient } else { Noun::ClinicalRecord };
    let writes = record.desk.may((grant, Action::Write));
    view! {
        <div class="part-head">
            <h2>{title}</h2>
            <div class="grow"></div>
            {writes.then(|| view! {
                <button type="button" class="button bare small" data-testid=test_id aria-label=format!("Add: {title}") aria-expanded=move || (record.form.get() == form).to_string()
                    on:click=move |_| record.ask(form)>{Icon::Plus.svg()}"Add"{(!key_name.is_empty()).then(|| view! { <kbd>{key_name}</kbd> })}</button>
            })}
        </div>
    }
}

#[component]
fn Nothing(none: Signal<bool>, said: &'static str) -> impl IntoView {
    view! { <Show when=move || none.get()><p class="soft">{said}</p></Show> }
}

#[component]
fn Allergies() -> impl IntoView {
    let record = record();
    let lines = move || {
        let allergies = record.with(|r| r.allergies.clone()).unwrap_or_default();
        allergies
            .into_iter()
            .filter(|a| a.status == EntryStatus::Active)
            .map(|a| view! { <EntryLine entry=of_allergy(&a) /> })
            .collect_view()
    };
    let none =
        move || record.with(|r| r.allergies.iter().all(|a| a.status != EntryStatus::Active)) == Some(true);
    view! {
        <ul class="entries" data-testid="allergies">{lines}</ul>
        <Nothing none=Signal::derive(none) said="Nobody has asked yet." />
    }
}

#[component]
fn Problems() -> impl IntoView {
    let record = record();
    let lines = move || {
        let conditions = record.with(|r| r.conditions.clone()).unwrap_or_default();
        let (active, over): (Vec<_>, Vec<_>) =
            conditions.into_iter().partition(|c| c.status == EntryStatus::Active);
        let over: Vec<_> = over.into_iter().filter(|c| c.status == EntryStatus::Inactive).collect();
        let past = over.len();
        view! {
            <ul class="entries" data-testid="problems">{active.iter().map(|c| view! { <EntryLine entry=of_condition(c) /> }).collect_view()}</ul>
            {active.is_empty().then(|| view! { <p class="soft">"No problem on the list."</p> })}
            {(past > 0).then(|| view! {
                <details class="past"><summary>{format!("{past} resolved")}</summary>
                    <ul class="entries">{over.iter().map(|c| view! { <EntryLine entry=of_condition(c) /> }).collect_view()}</ul></details>
            })}
        }
    };
    view! { {lines} }
}

/// An allergy as a line.
pub(crate) fn of_allergy(a: &Allergy) -> Entry {
    let title = match a.kind {
        AllergyKind::NilKnown => "Nil known".to_owned(),
        _ => a.substance.clone().unwrap_or_default(),
    };
    Entry {
        table: TableName::Allergy,
        id: a.id.0,
        title,
        more: vec![
            if a.kind == AllergyKind::Intolerance { "intolerance".into() } else { String::new() },
            a.reaction.clone().unwrap_or_default(),
            a.severity.map(|s| words::severity(s).to_lowercase()).unwrap_or_default(),
        ],
        status: a.status,
        ends: "Ruled out",
        warning: None,
    }
}

/// A problem as a line.
pub(crate) fn of_condition(c: &Condition) -> Entry {
    let span = match (c.onset_on, c.ended_on) {
        (Some(from), Some(to)) => format!("{} to {}", from.birth(), to.birth()),
        (Some(from), None) => format!("since {}", from.birth()),
        (None, Some(to)) => format!("to {}", to.birth()),
        (None, None) => String::new(),
    };
    Entry {
        table: TableName::Condition,
        id: c.id.0,
        title: c.text.clone(),
        more: vec![span, c.comment.clone().unwrap_or_default()],
        status: c.status,
        ends: "Resolved",
        warning: None,
    }
}
