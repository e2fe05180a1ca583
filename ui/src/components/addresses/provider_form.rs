//! Somebody in the address book: new, changed, closed.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::TableName;
use wattle_domain::commands::{EditProvider, FieldEdit, ProviderDetails, RecordProvider};
use wattle_domain::entities::ExternalProvider;
use wattle_protocol::ipc::letters::ProviderEntry;

use crate::components::field::Field;
use crate::ipc;
use crate::state::desk::desk;

/// Column, label, hint, width of each box.
const BOXES: [(&str, &str, &str, &str); 11] = [
    ("name", "Name", "As on letters: Dr Priya Raman", "wide"),
    ("profession", "What they are", "Cardiologist", "wide"),
    ("organisation", "Where they work", "Southern Heart", "wide"),
    ("provider_number", "Provider number", "", "wide"),
    ("line1", "Street or post box", "", "wide"),
    ("suburb", "Suburb or town", "", "wide"),
    ("state", "State", "", ""),
    ("postcode", "Postcode", "", ""),
    ("phone", "Phone", "", ""),
    ("fax", "Fax", "", "wide"),
    ("email", "Email or secure messages", "", "wide"),
];

/// The form; `saved` gets the entry's id.
#[component]
pub(crate) fn ProviderForm(
    /// Who; somebody new if none.
    entry: Option<ProviderEntry>,
    /// Called when it is saved.
    saved: Callback<Uuid>,
) -> impl IntoView {
    let desk = desk();
    let was = entry.as_ref().map_or_else(Vec::new, |entry| values(&entry.provider));
    let busy = RwSignal::new(false);
    let boxes: Vec<(&'static str, RwSignal<String>)> = BOXES
        .iter()
        .map(|(column, ..)| {
            let value = was.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone());
            (*column, RwSignal::new(value.unwrap_or_default()))
        })
        .collect();
    let typed = StoredValue::new(boxes.clone());
    let value = move |column: &str| {
        typed.with_value(|all| all.iter().find(|(name, _)| *name == column).map(|(_, v)| v.get()))
    };
    let nameless = move || value("name").is_none_or(|name| name.trim().is_empty());
    let entry = StoredValue::new(entry);
    let was = StoredValue::new(was);
    let send =
        move |answer: std::pin::Pin<Box<dyn Future<Output = ipc::Answer<wattle_protocol::ipc::Written>>>>| {
            busy.set(true);
            spawn_local(async move {
                match answer.await {
                    Ok(written) => {
                        desk.toasts.done("Saved here.", Vec::new());
                        saved.run(written.id);
                    }
                    Err(error) => desk.toasts.fault(&error),
                }
                busy.try_set(false);
            });
        };
    let edit = move |edits: Vec<FieldEdit>| {
        if !edits.is_empty() {
            send(Box::pin(ipc::letters::edit_provider(EditProvider { edits })));
        }
    };
    let save = move |ev: SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() || untrack(nameless) {
            return;
        }
        let now: Vec<(&'static str, String)> = typed
            .with_value(|all| all.iter().map(|(c, v)| (*c, v.get_untracked().trim().to_owned())).collect());
        match entry.get_value() {
            None => {
                let provider_id = Uuid::nil().into();
                send(Box::pin(ipc::letters::record_provider(RecordProvider {
                    provider_id,
                    details: details(&now),
                })));
            }
            Some(entry) => edit(was.with_value(|was| changed(&entry, was, &now))),
        }
    };
    let active = entry.with_value(|entry| entry.as_ref().map(|entry| entry.provider.active));
    let close = move |_| {
        if let Some(one) = entry.get_value() {
            let active = one.provider.active;
            edit(vec![field(&one, "active", json!(active), json!(!active))]);
        }
    };
    let fields = BOXES.iter().zip(boxes).map(|((column, label, hint, class), (_, value))| {
        let first = *column == "name";
        view! { <Field label=*label value=value test_id=format!("provider-{column}") hint=*hint class=*class first=first /> }
    });
    view! {
        <form class="panel" aria-label="Somebody in the address book" data-testid="provider-form" on:submit=save>
            <div class="cells">{fields.collect_view()}</div>
            <div class="row end">
                {active.map(|active| view! {
                    <button type="button" class="button" data-testid="provider-close" on:click=close
                        data-tip="A closed entry is offered no more; letters to them stay">{if active { "Close the entry" } else { "Offer it again" }}</button>
                })}
                <div class="grow"></div>
                <button type="submit" class="button primary" data-testid="provider-save" disabled=move || nameless() || busy.get()>"Save"</button>
            </div>
        </form>
    }
}

/// What is in the boxes of an entry, by column.
fn values(one: &ExternalProvider) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        ("name", one.name.clone()),
        ("profession", text(&one.profession)),
        ("organisation", text(&one.organisation)),
        ("provider_number", text(&one.provider_number)),
        ("line1", text(&one.line1)),
        ("suburb", text(&one.suburb)),
        ("state", text(&one.state)),
        ("postcode", text(&one.postcode)),
        ("phone", text(&one.phone)),
        ("fax", text(&one.fax)),
        ("email", text(&one.email)),
    ]
}

fn details(now: &[(&'static str, String)]) -> ProviderDetails {
    let get = |column: &str| {
        now.iter()
            .find(|(name, _)| *name == column)
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    ProviderDetails {
        name: get("name").unwrap_or_default(),
        profession: get("profession"),
        organisation: get("organisation"),
        line1: get("line1"),
        suburb: get("suburb"),
        state: get("state"),
        postcode: get("postcode"),
        phone: get("phone"),
        fax: get("fax"),
        email: get("email"),
        provider_number: get("provider_number"),
    }
}

/// The boxes that say something else now.
fn changed(
    entry: &ProviderEntry,
    was: &[(&'static str, String)],
    now: &[(&'static str, String)],
) -> Vec<FieldEdit> {
    let value = |column: &str, text: &str| {
        if text.is_empty() && column != "name" { Value::Null } else { json!(text) }
    };
    let before = |column: &str| was.iter().find(|(name, _)| *name == column).map(|(_, text)| text.clone());
    let edits = now.iter().filter_map(|(column, text)| {
        let before = before(column).unwrap_or_default();
        (before != *text).then(|| field(entry, column, value(column, &before), value(column, text)))
    });
    edits.collect()
}

fn field(entry: &ProviderEntry, column: &str, was: Value, now: Value) -> FieldEdit {
    FieldEdit {
        table: TableName::ExternalProvider,
        row_id: entry.provider.id.0,
        field: column.to_owned(),
        seen_rev: entry.rev,
        was,
        now,
    }
}
