//! What every card has: a head, words, and its ways out, which also have numbers to press.

use std::sync::Arc;

use leptos::prelude::*;
use wattle_domain::PatientId;

use crate::components::icon::Icon;
use crate::state::desk::Desk;
use crate::state::patients::Patients;

/// One way out.
pub(super) struct Way {
    /// What the button says.
    pub(super) label: String,
    /// What will happen; also read out with the button.
    pub(super) does: String,
    /// For scripts.
    pub(super) test_id: &'static str,
    /// Does it.
    pub(super) run: Arc<dyn Fn() + Send + Sync>,
}

impl Way {
    pub(super) fn new(
        label: impl Into<String>,
        does: impl Into<String>,
        test_id: &'static str,
        run: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { label: label.into(), does: does.into(), test_id, run: Arc::new(run) }
    }
}

/// The button of a way, with the number that presses it.
pub(super) fn button(way: Way, number: usize, busy: RwSignal<bool>) -> AnyView {
    let Way { label, does, test_id, run } = way;
    let name = if does.is_empty() { label.clone() } else { format!("{label}: {does}") };
    view! {
        <button type="button" class="button way" data-testid=test_id data-way=number.to_string() aria-label=name aria-keyshortcuts=number.to_string()
            disabled=move || busy.get() on:click=move |_| run()>
            {label}<kbd aria-hidden="true">{number.to_string()}</kbd>
        </button>
    }
    .into_any()
}

/// Ways beside each other, with what they do below each; the first has the number `from`.
pub(super) fn row(ways: Vec<Way>, from: usize, busy: RwSignal<bool>) -> AnyView {
    let buttons = ways.into_iter().zip(from..).map(|(way, number)| {
        let does = way.does.clone();
        view! { <div class="way-cell">{button(way, number, busy)}<span class="small-print soft">{does}</span></div> }.into_any()
    });
    view! { <div class="ways">{buttons.collect::<Vec<_>>()}</div> }.into_any()
}

/// A card's head.
pub(super) struct Head {
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// `data-field` or `data-command`.
    pub(super) of: String,
    pub(super) icon: Icon,
    pub(super) title: String,
    pub(super) patient: Option<(PatientId, String)>,
    /// A name without a record behind it: a registration that was refused.
    pub(super) nobody: Option<String>,
}

/// The whole of it; the keyboard goes from card to card.
pub(super) fn card(desk: Desk, head: Head, body: AnyView) -> AnyView {
    let Head { kind, id, of, icon, title, patient, nobody } = head;
    let patients = expect_context::<Patients>();
    let who = patient.as_ref().map(|(_, name)| name.clone()).or_else(|| nobody.clone());
    let name = who.map_or_else(|| title.clone(), |who| format!("{title}, {who}"));
    let (field, command) = if kind == "conflict" { (Some(of), None) } else { (None, Some(of)) };
    view! {
        <article class="item" tabindex="0" aria-label=name data-testid="attention-item" data-kind=kind data-id=id data-field=field data-command=command>
            <div class="item-head">
                {icon.svg()}
                <h2>{title}</h2>
                {patient.map(|(id, name)| view! {
                    <button type="button" class="link" data-open="" on:click=move |_| desk.open_patient(patients, id)>{name}</button>
                })}
                {nobody.map(|name| view! { <b class="nobody">{name}</b> })}
            </div>
            {body}
        </article>
    }
    .into_any()
}
