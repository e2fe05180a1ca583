//! One computer: what it may do, and how to stop or wipe it.

use leptos::prelude::*;
use wattle_protocol::admin::{Act, Computer, ComputerState};

use crate::components::icon::Icon;
use crate::show;
use crate::state::desk::desk;
use crate::state::people::{Open, People};

/// A row of the table, and the question below it while it stands open.
pub(crate) fn row(people: People, computer: &Computer, lease_h: u64) -> AnyView {
    let desk = desk();
    let (id, state) = (computer.id, computer.state);
    let seen = computer.last_seen_at.map_or_else(
        || "never".to_owned(),
        |at| show::when(desk.zone.get_untracked(), desk.minute.get_untracked(), at),
    );
    let set = move |state: ComputerState| {
        people.see_to(Act::SetComputer { workstation: id, state }, "", |_| Open::Nothing);
    };
    let button = |test_id: &'static str, label: &'static str, tip: &'static str, go: Callback<()>| {
        view! { <button type="button" class="button small" data-testid=test_id data-tip=tip on:click=move |_| go.run(())>{label}</button> }
            .into_any()
    };
    let stop = Callback::new(move |()| set(ComputerState::Suspended));
    let resume = Callback::new(move |()| set(ComputerState::Ok));
    let ask = Callback::new(move |()| people.open.set(Open::Wipe(id)));
    let wipe = || button("computer-wipe", "Wipe …", "Destroys its keys and its copy of the clinic", ask);
    let ask_revoke = Callback::new(move |()| people.open.set(Open::Revoke(id)));
    let revoke = || button("computer-revoke", "Revoke …", "It is none of the clinic's any more", ask_revoke);
    let acts = match state {
        ComputerState::Ok => vec![
            button(
                "computer-stop",
                "Stop",
                "No sync until you say so; what is unsent stays safe on it",
                stop,
            ),
            revoke(),
            wipe(),
        ],
        ComputerState::Suspended => {
            vec![button("computer-resume", "Let go on", "It syncs again", resume), revoke(), wipe()]
        }
        ComputerState::Revoked => {
            vec![button("computer-resume", "Let in again", "Its people sign in anew", resume), wipe()]
        }
        ComputerState::Wipe => {
            vec![button("computer-resume", "Take back", "Possible until it is heard of", resume)]
        }
        ComputerState::Wiped | ComputerState::Other => Vec::new(),
    };
    let (word, key) = match state {
        ComputerState::Ok => ("works", "ok"),
        ComputerState::Suspended => ("stopped", "suspended"),
        ComputerState::Revoked => ("revoked", "revoked"),
        ComputerState::Wipe => ("to be wiped when it is next heard of", "wipe"),
        ComputerState::Wiped => ("wiped", "wiped"),
        ComputerState::Other => ("unknown to this version", "other"),
    };
    let name = StoredValue::new(computer.name.clone());
    let asks = move || people.open.get() == Open::Wipe(id);
    let asks_revoke = move || people.open.get() == Open::Revoke(id);
    view! {
        <tr data-testid="computer" data-id=id.to_string() data-name=computer.name.clone() data-state=key class:faint=matches!(state, ComputerState::Wiped | ComputerState::Revoked)>
            <td><b>{computer.name.clone()}</b><br/><span class="soft">{format!("Wattle {}", computer.app_version)}</span></td>
            <td>{word}</td>
            <td>{seen}</td>
            <td class="acts">{acts}</td>
        </tr>
        {move || asks_revoke().then(|| view! {
            <tr class="opened"><td colspan="4"><div class="panel" role="alertdialog" aria-label="Take this computer out of the clinic?" data-testid="revoke-question">
                <p class="notice" data-severity="warning">{Icon::Attention.svg()}<span>
                    {format!("Every sign-in at {} ends at once, nothing that is signed there counts any more, and nobody signs in at it until you let it in again. \
                        It locks as soon as it hears so; while it stays off the network, whoever knows a password there can open it for up to {lease_h} hours. \
                        What is unsent on it stays on it, locked, and nothing is destroyed.", name.get_value())}
                </span></p>
                <div class="row end">
                    <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Leave it"</button>
                    <button type="button" class="button danger" data-testid="revoke-yes" on:click=move |_| set(ComputerState::Revoked)>"Take it out"</button>
                </div>
            </div></td></tr>
        })}
        {move || asks().then(|| view! {
            <tr class="opened"><td colspan="4"><div class="panel" role="alertdialog" aria-label="Wipe this computer?" data-testid="wipe-question">
                <p class="notice" data-severity="critical">{Icon::Attention.svg()}<span>
                    {format!("When {} is next heard of, it hands over what it has not sent yet, and destroys its keys and its copy of the clinic. \
                        What somebody of another role left unsent on it is lost. While it stays off the network it cannot be wiped; \
                        but nobody can open it after {lease_h} hours without the server.", name.get_value())}
                </span></p>
                <div class="row end">
                    <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Leave it"</button>
                    <button type="button" class="button danger" data-testid="wipe-yes" on:click=move |_| set(ComputerState::Wipe)>"Wipe it"</button>
                </div>
            </div></td></tr>
        })}
    }
    .into_any()
}
