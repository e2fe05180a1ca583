//! The curtain: the desk behind it keeps syncing and keeps what was typed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::session::Unlock;

use crate::components::icon::Icon;
use crate::pages::sign_in::PasswordField;
use crate::state::desk::desk;
use crate::{ipc, show, words};

/// Asks for the password of the person who is signed in.
#[component]
pub(crate) fn LockedPage() -> impl IntoView {
    let desk = desk();
    let password = RwSignal::new(String::new());
    let fault = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let name =
        desk.session.with_untracked(|s| s.as_ref().map(|s| s.display_name.clone())).unwrap_or_default();
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(String::new());
        let args = Unlock { password: password.get_untracked() };
        spawn_local(async move {
            if let Err(error) = ipc::session::unlock(args).await {
                password.try_set(String::new());
                fault.try_set(words::fault(&error));
            } else {
                desk.refresh();
            }
            busy.try_set(false);
        });
    };
    let leave = move |_| {
        spawn_local(async move {
            match ipc::session::sign_out().await {
                Ok(_) => desk.refresh(),
                Err(error) => drop(fault.try_set(words::fault(&error))),
            }
        });
    };
    view! {
        <main class="door curtain" data-testid="locked">
            <form class="door-card" on:submit=submit>
                <div class="brand">{Icon::Lock.svg()}"Locked"</div>
                <div class="who-locked">
                    <span class="initials large" aria-hidden="true">{show::initials(&name)}</span>
                    <h1>{name.clone()}</h1>
                </div>
                <p class="soft">"What you were doing is still open behind this."</p>
                <PasswordField value=password test_id="unlock-password" first=true />
                <p class="odd" role="alert" data-testid="unlock-fault">{move || fault.get()}</p>
                <button class="button primary wide" type="submit" data-testid="unlock-submit" disabled=move || busy.get() || password.get().is_empty()>
                    {move || if busy.get() { "Unlocking …" } else { "Unlock" }}
                </button>
                <button class="button bare wide" type="button" data-testid="unlock-sign-out" on:click=leave>"Somebody else: sign out"</button>
            </form>
        </main>
    }
}
