//! A line of the record: what it is, who wrote it when, and how it ends.

use leptos::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::commands::{EditEntry, FieldEdit};
use wattle_domain::fields::EntryStatus;
use wattle_domain::role::{Action, Noun};
use wattle_domain::{Rev, TableName};

use crate::components::icon::Icon;
use crate::ipc;
use crate::show;
use crate::state::record::{Record, record};

/// What a line shows.
pub(crate) struct Entry {
    /// Of which table.
    pub(crate) table: TableName,
    /// Which row.
    pub(crate) id: Uuid,
    /// What it is.
    pub(crate) title: String,
    /// The rest of it.
    pub(crate) more: Vec<String>,
    /// Where it stands.
    pub(crate) status: EntryStatus,
    /// What ends it: `Resolved`, `Ceased`.
    pub(crate) ends: &'static str,
    /// Something that must be seen first.
    pub(crate) warning: Option<String>,
}

/// `Dr Lee, 9:05 am`.
pub(crate) fn made_by(record: Record, id: Uuid) -> String {
    let (zone, now) = (record.desk.zone.get_untracked(), record.desk.now.get_untracked());
    record
        .with(|r| {
            let made = r.made.get(&id)?;
            let by = match made.by {
                None => "the import".to_owned(),
                Some(user) => r.names.get(&user).cloned().unwrap_or_else(|| "somebody".to_owned()),
            };
            Some(format!("{by}, {}", show::when(zone, now, made.at)))
        })
        .flatten()
        .unwrap_or_default()
}

/// Changes some fields of one entry.
pub(crate) fn edit(
    record: Record,
    busy: RwSignal<bool>,
    table: TableName,
    id: Uuid,
    fields: &[(&str, Value, Value)],
) {
    let Some(patient_id) = record.patient.get_untracked() else { return };
    let seen_rev = untrack(|| record.with(|r| r.revs.get(&id).copied())).flatten().unwrap_or(Rev(0));
    let edits = fields
        .iter()
        .map(|(field, was, now)| FieldEdit {
            table,
            row_id: id,
            field: (*field).to_owned(),
            seen_rev,
            was: was.clone(),
            now: now.clone(),
        })
        .collect();
    record.write(busy, "", ipc::record::edit_entry(EditEntry { patient_id, edits }));
}

/// The line.
#[component]
pub(crate) fn EntryLine(entry: Entry) -> impl IntoView {
    let record = record();
    let busy = RwSignal::new(false);
    let Entry { table, id, title, more, status, ends, warning } = entry;
    let pending = record.with(|r| r.pending.contains(&id)).unwrap_or(false);
    let writes = record.desk.may((Noun::ClinicalRecord, Action::Write));
    let opened = RwSignal::new(false);
    let become_ = move |now: EntryStatus| {
        let mut fields = vec![("status", json!(status), json!(now))];
        if now == EntryStatus::Inactive && table != TableName::Allergy {
            fields.push(("ended_on", Value::Null, json!(record.desk.today.get_untracked())));
        }
        edit(record, busy, table, id, &fields);
    };
    let acts = move || {
        writes.then(|| {
            view! {
                <span class="entry-acts">
                    {(status == EntryStatus::Active).then(|| view! {
                        <button type="button" class="button bare small" data-testid="entry-end" disabled=move || busy.get() on:click=move |_| become_(EntryStatus::Inactive)>{ends}</button>
                    })}
                    {(status != EntryStatus::EnteredInError).then(|| view! {
                        <button type="button" class="button bare small" data-testid="entry-error" data-tip="It stays in the history, and counts nowhere" disabled=move || busy.get()
                            on:click=move |_| become_(EntryStatus::EnteredInError)>"Entered in error"</button>
                    })}
                </span>
            }
        })
    };
    let by = made_by(record, id);
    view! {
        <li class="entry" data-testid="entry" data-table=table.as_str() data-id=id.to_string() data-status=status.as_str() data-pending=pending.to_string()>
            <button type="button" class="entry-text link" aria-expanded=move || opened.get().to_string() on:click=move |_| opened.update(|o| *o = !*o)>
                <b class:struck=status == EntryStatus::EnteredInError>{title}</b>
                <span class="soft tabular">{more.into_iter().filter(|m| !m.is_empty()).collect::<Vec<_>>().join(" · ")}</span>
            </button>
            {pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server" role="img" aria-label="not yet on the server">{Icon::CloudUp.svg()}</span> })}
            {warning.map(|said| view! { <p class="entry-warning" data-testid="entry-warning">{Icon::Allergy.svg()}<span>{said}</span></p> })}
            <Show when=move || opened.get()>
                <div class="entry-more"><span class="soft small-print">{by.clone()}</span>{acts()}</div>
            </Show>
        </li>
    }
}
