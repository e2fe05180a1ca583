//! Two people changed one field: both values, who and when, and one button each.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use wattle_domain::commands::{Choice, ResolveConflict};
use wattle_protocol::ipc::attention::{ConflictItem, Side};

use crate::components::icon::Icon;
use crate::state::desk::{Desk, desk};
use crate::state::patients::Patients;
use crate::{ipc, show, words};

/// `Maria at reception changed the mobile phone to … while you changed it to … Which is right?`
#[component]
pub(crate) fn ConflictCard(item: ConflictItem) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let busy = RwSignal::new(item.pending);
    let what = words::the_field(&item.field, item.row_kind.as_deref());
    let choose = {
        let (conflict_id, table, row_id) = (item.id, item.table, item.row_id);
        move |choice: Choice| {
            busy.set(true);
            spawn_local(async move {
                let verb = ResolveConflict { conflict_id, table, row_id, choice };
                match ipc::attention::resolve_conflict(verb).await {
                    Ok(_) => desk.toasts.done("Settled. Both values stay in the history.", Vec::new()),
                    Err(error) => {
                        busy.try_set(false);
                        desk.toasts.fault(&error);
                    }
                }
            });
        }
    };
    let kind = item.row_kind.clone();
    let shown = move |side: &Side| value(&side.value, kind.as_deref());
    let (kept, other) = (shown(&item.kept), shown(&item.other));
    let sentence = sentence(desk, &item, &what, &kept, &other);
    let patient = item.patient_id.zip(item.patient_name.clone());
    view! {
        <article class="item" data-testid="attention-item" data-kind="conflict" data-id=item.id.to_string() data-field=item.field.clone()>
            <div class="item-head">
                {Icon::Compare.svg()}
                <h2>"Two values for the "{what}</h2>
                {patient.map(|(id, name)| view! {
                    <button type="button" class="link" on:click=move |_| desk.open_patient(patients, id)>{name}</button>
                })}
            </div>
            <p>{sentence}</p>
            <div class="sides">
                <SideBox desk=desk side=item.kept shown=kept now=true busy=busy test_id="attention-keep" label="Keep this one" chosen=Callback::new(move |()| choose(Choice::Kept)) />
                <SideBox desk=desk side=item.other shown=other now=false busy=busy test_id="attention-other" label="Use this one" chosen=Callback::new(move |()| choose(Choice::Other)) />
            </div>
            {item.pending.then(|| view! { <p class="soft">{Icon::CloudUp.svg()}" Settled here, not yet on the server."</p> })}
        </article>
    }
}

#[component]
fn SideBox(
    desk: Desk,
    side: Side,
    shown: String,
    now: bool,
    busy: RwSignal<bool>,
    test_id: &'static str,
    label: &'static str,
    chosen: Callback<()>,
) -> impl IntoView {
    let who = who(&side);
    let at = side.at;
    let when = move || at.map(|at| show::when(desk.zone.get(), desk.minute.get(), at)).unwrap_or_default();
    view! {
        <div class="side">
            <span class="soft">{if now { "In the record now" } else { "The other value" }}</span>
            <b class="side-value tabular">{shown}</b>
            <span class="soft">{who}", "{when}</span>
            <button type="button" class="button" data-testid=test_id disabled=move || busy.get() on:click=move |_| chosen.run(())>{label}</button>
        </div>
    }
}

fn who(side: &Side) -> String {
    match (&side.by, side.mine) {
        (_, true) => "you".to_owned(),
        (Some(name), _) => name.clone(),
        (None, _) => "the import".to_owned(),
    }
}

fn sentence(desk: Desk, item: &ConflictItem, what: &str, kept: &str, other: &str) -> String {
    let when = |side: &Side| {
        side.at
            .map(|at| format!(" ({})", show::when(desk.zone.get_untracked(), desk.now.get_untracked(), at)))
            .unwrap_or_default()
    };
    let capital = |s: String| {
        let mut chars = s.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    format!(
        "{} changed the {what} to {kept}{}, while {} changed it to {other}{}. Neither saw the other. Which is right?",
        capital(who(&item.kept)),
        when(&item.kept),
        who(&item.other),
        when(&item.other),
    )
}

/// A value as people read it.
fn value(value: &Value, kind: Option<&str>) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => match kind {
            Some("mobile" | "home" | "work" | "next_of_kin" | "guardian") => show::tel(text),
            Some(kind) => show::identifier(kind, text),
            None => text.parse::<wattle_domain::ClinicDate>().map_or_else(|_| text.clone(), |d| d.birth()),
        },
        other => other.to_string(),
    }
}
