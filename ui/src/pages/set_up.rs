//! The first start: this computer becomes a workstation of a clinic.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::session::{AppState, SetUp};

use crate::components::field::Field;
use crate::state::desk::desk;
use crate::{ipc, words};

/// Server, code and name.
#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let desk = desk();
    let given = desk.app.with_untracked(|app| match app {
        Some(AppState::NeedsSetUp { server_url, workstation_name }) => {
            (server_url.clone(), workstation_name.clone())
        }
        _ => Default::default(),
    });
    let server = RwSignal::new(given.0.clone());
    let name = RwSignal::new(given.1);
    let code = RwSignal::new(String::new());
    let fault = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let own_ca = RwSignal::new(false);
    let ca = RwSignal::new(String::new());
    let ready = move || [server, name].iter().all(|s| !s.get().trim().is_empty());
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(String::new());
        let trimmed = |s: RwSignal<String>| s.get_untracked().trim().to_owned();
        let args = SetUp {
            server_url: trimmed(server),
            enrolment_code: trimmed(code),
            workstation_name: trimmed(name),
            server_ca: Some(trimmed(ca)).filter(|text| own_ca.get_untracked() && !text.is_empty()),
        };
        spawn_local(async move {
            match ipc::session::set_up(args).await {
                Ok(_) => desk.refresh(),
                Err(error) => fault.set(words::fault(&error)),
            }
            busy.set(false);
        });
    };
    view! {
        <main class="door" data-testid="setup">
            <form class="door-card" on:submit=submit>
                <div class="brand">"Wattle"</div>
                <h1>"Set up this computer"</h1>
                <p class="soft">
                    "Once per computer. Whoever runs the system has the address. If they gave you a code, type it; without one this computer shows a code that they approve."
                </p>
                <Field label="Server address" value=server test_id="setup-server" first=given.0.is_empty() hint="For example https://wattle.yourclinic.au" />
                <Field label="Code" value=code test_id="setup-code" first=!given.0.is_empty() hint="Leave it empty if you have none" />
                <Field label="Name of this computer" value=name test_id="setup-name" hint="What others see, for example reception-1" />
                <label class="choice"><input type="checkbox" data-testid="setup-own-ca" prop:checked=move || own_ca.get()
                    on:change=move |ev| own_ca.set(event_target_checked(&ev))/>"The clinic has a certificate of its own"</label>
                <Show when=move || own_ca.get()>
                    <div class="field">
                        <label for="setup-ca">"Certificate"</label>
                        <textarea id="setup-ca" class="box" rows="4" spellcheck="false" data-testid="setup-ca" placeholder="-----BEGIN CERTIFICATE-----"
                            prop:value=move || ca.get() on:input=move |ev| ca.set(event_target_value(&ev))></textarea>
                        <div class="below"><span class="soft">"All of the file that whoever runs the system gave you. From then on this computer trusts no other."</span></div>
                    </div>
                </Show>
                <p class="odd" role="alert" data-testid="setup-fault">{move || fault.get()}</p>
                <button class="button primary wide" type="submit" data-testid="setup-submit" disabled=move || busy.get() || !ready()>
                    {move || if busy.get() { "Asking the server …" } else { "Set up" }}
                </button>
            </form>
        </main>
    }
}
