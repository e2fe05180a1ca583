//! One account: who, as what, and what can be done with it.

use leptos::prelude::*;
use wattle_protocol::admin::{Act, Person};

use super::form::RolesForm;
use crate::state::desk::desk;
use crate::state::people::{Open, People};
use crate::{show, words};

/// A row of the table, and the form below it while it stands open.
pub(crate) fn row(people: People, person: &Person) -> AnyView {
    let desk = desk();
    let (id, active) = (person.id, person.active);
    let roles = person.roles.iter().map(|role| words::role(*role)).collect::<Vec<_>>().join(", ");
    let seen = person.last_seen_at.map_or_else(
        || "never".to_owned(),
        |at| show::when(desk.zone.get_untracked(), desk.minute.get_untracked(), at),
    );
    let form = person.clone();
    let is_open = move || people.open.get() == Open::Person(id);
    let turn = move |_| {
        people.open.set(if is_open() { Open::Nothing } else { Open::Person(id) });
    };
    let reopen = move |_| {
        people.see_to(Act::ReopenAccount { user: id }, "The account is open again.", |_| Open::Nothing);
    };
    view! {
        <tr data-testid="person" data-id=id.to_string() data-username=person.username.clone() data-active=active.to_string() class:faint=!active>
            <td><b>{person.display_name.clone()}</b><br/><span class="soft">{person.username.clone()}</span></td>
            <td>{if active { roles } else { format!("closed ({roles})") }}</td>
            <td>{seen}</td>
            <td class="acts">
                {if active {
                    view! { <button type="button" class="button small" class:on=is_open aria-expanded=move || is_open().to_string() data-testid="person-change" on:click=turn>"Change"</button> }.into_any()
                } else {
                    view! { <button type="button" class="button small" data-testid="person-reopen" on:click=reopen>"Open again"</button> }.into_any()
                }}
            </td>
        </tr>
        {move || is_open().then(|| view! { <tr class="opened"><td colspan="4"><RolesForm people=people person=form.clone() /></td></tr> })}
    }
    .into_any()
}
