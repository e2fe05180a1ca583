//! Whom to ask back: the list on a patient's page, for the desk and for clinicians.

use leptos::prelude::*;
use serde_json::json;
use wattle_domain::Rev;
use wattle_domain::TableName;
use wattle_domain::commands::{EditRecall, FieldEdit};
use wattle_domain::entities::Recall;
use wattle_domain::fields::RecallStatus;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::icon::Icon;
use crate::ipc;
use crate::state::record::record;

/// Those that are due, and how to be done with one.
#[component]
pub(crate) fn Recalls(r: PatientRecord) -> impl IntoView {
    let record = record();
    let busy = RwSignal::new(false);
    let writes = record.desk.may((Noun::Patient, Action::Write));
    let today = record.desk.today;
    let due: Vec<Recall> = r.recalls.iter().filter(|r| r.status == RecallStatus::Due).cloned().collect();
    let none = due.is_empty();
    let lines = due.into_iter().map(|recall| {
        let rev = r.revs.get(&recall.id.0).copied().unwrap_or(Rev(0));
        let pending = r.pending.contains(&recall.id.0);
        let day = recall.due_on;
        let over = move || day < today.get();
        let (id, patient_id) = (recall.id, recall.patient_id);
        let end = move |status: RecallStatus| {
            let edit = FieldEdit {
                table: TableName::Recall,
                row_id: id.0,
                field: "status".into(),
                seen_rev: rev,
                was: json!(RecallStatus::Due),
                now: json!(status),
            };
            record.write(busy, "", ipc::record::edit_recall(EditRecall { patient_id, edits: vec![edit] }));
        };
        view! {
            <li class="entry" data-testid="recall" data-id=id.0.to_string() data-pending=pending.to_string()>
                <span class="entry-text"><b>{recall.reason.clone()}</b><span class="soft tabular" class:odd=over>{day.long()}{move || over().then_some(", overdue")}</span></span>
                {pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server" role="img" aria-label="not yet on the server">{Icon::CloudUp.svg()}</span> })}
                {writes.then(|| view! {
                    <span class="entry-acts">
                        <button type="button" class="button bare small" data-testid="recall-done" disabled=move || busy.get() on:click=move |_| end(RecallStatus::Done)>"Done"</button>
                        <button type="button" class="button bare small" disabled=move || busy.get() on:click=move |_| end(RecallStatus::Cancelled)>"Not needed"</button>
                    </span>
                })}
            </li>
        }
    });
    view! {
        <ul class="entries">{lines.collect_view()}</ul>
        {none.then(|| view! { <p class="soft">"Nothing is due."</p> })}
    }
}
