//! The forms: somebody new; other roles, another password or the end of an account.

use leptos::prelude::*;
use wattle_domain::Role;
use wattle_protocol::admin::{Act, Person};
use wattle_protocol::session::SHORTEST_PASSWORD;

use crate::components::field::Field;
use crate::state::people::{Open, People};
use crate::words;

/// A row of boxes, one for each role.
fn roles(chosen: RwSignal<Vec<Role>>) -> AnyView {
    let boxed = |role: Role| {
        let on = move || chosen.with(|roles| roles.contains(&role));
        let turn = move |_| {
            chosen.update(|roles| {
                if roles.contains(&role) {
                    roles.retain(|held| *held != role);
                } else {
                    roles.push(role);
                }
            });
        };
        view! {
            <label class="choice"><input type="checkbox" prop:checked=on data-testid=format!("role-{}", role.as_str()) on:change=turn/>{words::role(role)}</label>
        }
        .into_any()
    };
    view! { <fieldset class="choices"><legend>"Works here as"</legend>{Role::ALL.into_iter().map(boxed).collect::<Vec<_>>()}</fieldset> }
        .into_any()
}

/// Somebody new.
#[component]
pub(crate) fn NewPerson(people: People) -> impl IntoView {
    let (name, username, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let chosen = RwSignal::new(Vec::<Role>::new());
    let ready = move || {
        !name.get().trim().is_empty()
            && !username.get().trim().is_empty()
            && password.get().chars().count() >= SHORTEST_PASSWORD
            && !chosen.get().is_empty()
    };
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let act = Act::AddPerson {
            username: username.get_untracked().trim().to_owned(),
            display_name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            roles: chosen.get_untracked(),
        };
        let said = "The account is there. The first sign-in at each computer needs the server.";
        people.see_to(act, said, |_| Open::Nothing);
    };
    view! {
        <form class="panel" data-testid="new-person" on:submit=save>
            <div class="cells">
                <Field label="Name" value=name test_id="new-person-name" first=true hint="As others see it: Maria Costa" />
                <Field label="Account" value=username test_id="new-person-account" hint="What they type to sign in" />
                <Field label="First password" value=password test_id="new-person-password" secret=true hint="10 characters or more" />
            </div>
            {roles(chosen)}
            <div class="row end">
                <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="new-person-save" disabled=move || !ready() || people.busy.get()>"Add"</button>
            </div>
        </form>
    }
}

/// What can be done with an account.
#[component]
pub(crate) fn RolesForm(people: People, person: Person) -> impl IntoView {
    let id = person.id;
    let (before, factor) = (person.roles.clone(), person.second_factor);
    let chosen = RwSignal::new(person.roles);
    let password = RwSignal::new(String::new());
    let changed = move || {
        chosen.with(|now| {
            !now.is_empty() && (now.len() != before.len() || now.iter().any(|role| !before.contains(role)))
        })
    };
    let save = move |_| {
        let act = Act::SetRoles { user: id, roles: chosen.get_untracked() };
        people.see_to(act, "The roles are changed, at every computer in a moment.", |_| Open::Nothing);
    };
    let set_password = move |_| {
        let act = Act::SetPassword { user: id, password: password.get_untracked() };
        people.see_to(act, "The password is changed, and they are signed out everywhere.", |_| Open::Nothing);
    };
    let provider = people.overview.value.with_untracked(|o| o.as_ref().and_then(|o| o.openid.clone()));
    let login = RwSignal::new(person.login.unwrap_or_default());
    let set_login = move |_| {
        let named = Some(login.get_untracked().trim().to_owned()).filter(|login| !login.is_empty());
        let said =
            if named.is_some() { "They may sign in with it." } else { "They sign in with a password only." };
        people.see_to(Act::SetLogin { user: id, login: named }, said, |_| Open::Nothing);
    };
    let reset = move |_| {
        let said = "Their password alone is enough again.";
        people.see_to(Act::ResetSecondFactor { user: id }, said, |_| Open::Nothing);
    };
    let close = move |_| {
        let said = "The account is closed. What they did stays.";
        people.see_to(Act::CloseAccount { user: id }, said, |_| Open::Nothing);
    };
    view! {
        <div class="panel" data-testid="person-form">
            {roles(chosen)}
            <div class="row end">
                <button type="button" class="button primary" data-testid="person-save" disabled=move || !changed() || people.busy.get() on:click=save>"Save roles"</button>
            </div>
            <div class="row bottom">
                <Field label="New password" value=password test_id="person-password" secret=true hint="10 characters or more; ends every sign-in of theirs" />
                <button type="button" class="button" data-testid="person-password-save"
                    disabled=move || password.get().chars().count() < SHORTEST_PASSWORD || people.busy.get() on:click=set_password>"Set password"</button>
                {provider.clone().map(|label| view! {
                    <Field label=format!("Account at {label}") value=login test_id="person-login" hint="Usually an address; empty for none" />
                    <button type="button" class="button" data-testid="person-login-save" disabled=move || people.busy.get() on:click=set_login>"Save account"</button>
                })}
                <div class="grow"></div>
                {factor.then(|| view! {
                    <button type="button" class="button" data-testid="person-factor" data-tip="For somebody who has lost their phone" disabled=move || people.busy.get() on:click=reset>"Switch codes off"</button>
                })}
                <button type="button" class="button danger" data-testid="person-close" data-tip="Nobody signs in with it any more; it can be opened again" on:click=close>"Close account"</button>
            </div>
        </div>
    }
}
