//! Medicines: what is taken, what was.

use leptos::prelude::*;
use wattle_domain::TableName;
use wattle_domain::entities::Medication;
use wattle_domain::fields::EntryStatus;

use crate::components::record::entry::{Entry, EntryLine};
use crate::components::record::summary::Head;
use crate::state::record::{Form, Record, record};

/// The tab.
#[component]
pub(crate) fn Medicines() -> impl IntoView {
    let record = record();
    let ended = move || {
        let medicines = record.with(|r| r.medications.clone()).unwrap_or_default();
        let ended: Vec<_> = medicines.into_iter().filter(|m| m.status != EntryStatus::Active).collect();
        let none = ended.is_empty();
        view! {
            <ul class="entries" data-testid="ended-medicines">{ended.iter().map(|m| view! { <EntryLine entry=of_medicine(m, None) /> }).collect_view()}</ul>
            {none.then(|| view! { <p class="soft">"None."</p> })}
        }
    };
    let none =
        move || record.with(|r| r.medications.iter().all(|m| m.status != EntryStatus::Active)) == Some(true);
    view! {
        <div class="columns">
            <section>
                <Head title="Taken now" form=Form::Medicine key_name="M" test_id="add-medicine" />
                <ul class="entries" data-testid="active-medicines">{move || active_medicines(record)}</ul>
                <Show when=none><p class="soft">"No medicine is taken."</p></Show>
            </section>
            <section>
                <div class="part-head"><h2>"Ceased, or entered in error"</h2></div>
                {ended}
            </section>
        </div>
    }
}

/// Lines of what is taken, those against an allergy marked.
pub(crate) fn active_medicines(record: Record) -> Vec<AnyView> {
    record
        .with(|r| {
            let against = |m: &Medication| {
                let (_, met) = r.unanswered.iter().find(|(id, _)| *id == m.id.0)?;
                let names: Vec<String> = met
                    .iter()
                    .filter_map(|(id, _)| r.allergies.iter().find(|a| a.id.0 == *id)?.substance.clone())
                    .collect();
                Some(format!("Against the allergy to {}. Nobody has answered for it.", names.join(", ")))
            };
            let active = r.medications.iter().filter(|m| m.status == EntryStatus::Active);
            active.map(|m| view! { <EntryLine entry=of_medicine(m, against(m)) /> }.into_any()).collect()
        })
        .unwrap_or_default()
}

/// A medicine as a line.
pub(crate) fn of_medicine(m: &Medication, warning: Option<String>) -> Entry {
    let supply = match (m.quantity, m.repeats) {
        (Some(n), Some(more)) => format!("{n}, {more} repeats"),
        (Some(n), None) => format!("{n}"),
        (None, Some(more)) => format!("{more} repeats"),
        (None, None) => String::new(),
    };
    let span = match (m.started_on, m.ended_on) {
        (Some(from), Some(to)) => format!("{} to {}", from.birth(), to.birth()),
        (Some(from), None) => format!("since {}", from.birth()),
        (None, Some(to)) => format!("to {}", to.birth()),
        (None, None) => String::new(),
    };
    let because = m.allergy_override.clone().map(|b| format!("in spite of an allergy: {b}"));
    Entry {
        table: TableName::Medication,
        id: m.id.0,
        title: m.text.clone(),
        more: vec![
            m.directions.clone().unwrap_or_default(),
            supply,
            m.reason.clone().map(|r| format!("for {r}")).unwrap_or_default(),
            span,
            because.unwrap_or_default(),
        ],
        status: m.status,
        ends: "Ceased",
        warning,
    }
}
