//! One practitioner: who, as what, where; the form below it, and the question before their column is closed.

use leptos::prelude::*;
use wattle_domain::entities::Location;
use wattle_protocol::ipc::practitioners::PractitionerEntry;

use super::practitioner_form::PractitionerForm;
use crate::components::icon::Icon;
use crate::show;
use crate::state::people::{Open, People};

/// A row of the table, and what stands open below it.
pub(crate) fn row(people: People, entry: &PractitionerEntry, locations: &[Location]) -> AnyView {
    let who = &entry.practitioner;
    let (id, active) = (who.id, who.active);
    let room = who.usual_room_id.and_then(|room| locations.iter().find(|l| l.id == room));
    let room = room.map_or_else(|| "–".to_owned(), |room| room.name.clone());
    let kind = who.profession.clone().unwrap_or_else(|| "–".to_owned());
    let numbers: Vec<&str> =
        entry.provider_numbers.iter().map(|(number, _)| number.provider_number.as_str()).collect();
    let numbers = match numbers.is_empty() {
        true => "no provider number".to_owned(),
        false => numbers.join(", "),
    };
    let (name, waits) = (show::practitioner(who), entry.pending.then_some("not yet on the server"));
    let full = [who.title.as_deref(), who.given_name.as_deref(), Some(who.family_name.as_str())];
    let full = full.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let entry = StoredValue::new(entry.clone());
    let is_open = move || people.open.get() == Open::Practitioner(id);
    let asks = move || people.open.get() == Open::ClosePractitioner(id);
    let turn = move |_| {
        people.open.set(if is_open() { Open::Nothing } else { Open::Practitioner(id) });
    };
    let set_active = move |active: bool, said: &'static str| {
        entry.with_value(|entry| people.set_active(entry, active, said));
    };
    view! {
        <tr data-testid="practitioner" data-id=id.to_string() data-active=active.to_string() data-pending=waits.is_some().to_string() class:faint=!active>
            <td><b>{full}</b><br/><span class="soft">{numbers}{waits.map(|waits| format!(" · {waits}"))}</span></td>
            <td>{if active { kind } else { format!("closed ({kind})") }}</td>
            <td>{room}</td>
            <td class="acts">
                {if active {
                    view! {
                        <button type="button" class="button small" class:on=is_open aria-expanded=move || is_open().to_string() data-testid="practitioner-change" on:click=turn>"Change"</button>
                        <button type="button" class="button small" data-testid="practitioner-close" data-tip="No column in the day book any more" on:click=move |_| people.open.set(Open::ClosePractitioner(id))>"Close …"</button>
                    }.into_any()
                } else {
                    view! { <button type="button" class="button small" data-testid="practitioner-reopen" on:click=move |_| set_active(true, "The column is there again.")>"Open again"</button> }.into_any()
                }}
            </td>
        </tr>
        {move || is_open().then(|| view! { <tr class="opened"><td colspan="4"><PractitionerForm people=people entry=entry.get_value() /></td></tr> })}
        {move || asks().then(|| view! {
            <tr class="opened"><td colspan="4"><div class="panel" role="alertdialog" aria-label="Close this column?" data-testid="practitioner-close-question">
                <p class="notice" data-severity="warning">{Icon::Attention.svg()}<span>
                    {format!("{name} gets no new column in the day book. On days that still have bookings with them the column stays, so that nobody is forgotten: \
                        move or cancel those bookings, and it goes. Nothing is taken away, and the column can be opened again.")}
                </span></p>
                <div class="row end">
                    <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Leave it"</button>
                    <button type="button" class="button danger" data-testid="practitioner-close-yes" disabled=move || people.busy.get()
                        on:click=move |_| set_active(false, "The column is closed.")>"Close the column"</button>
                </div>
            </div></td></tr>
        })}
    }
    .into_any()
}
