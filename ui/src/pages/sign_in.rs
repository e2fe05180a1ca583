//! Who is it?

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::session::{AppState, Credentials, OpenIdSignIn};

use crate::components::field::{Field, focus_once};
use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::{ipc, show, words};

/// Name and password; people who have been here before are one click.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let desk = desk();
    let facts = Memo::new(move |_| {
        desk.app.with(|app| match app {
            Some(AppState::SignedOut { clinic_name, workstation_name, known_users, notice, .. }) => {
                (clinic_name.clone(), workstation_name.clone(), known_users.clone(), *notice)
            }
            _ => (None, String::new(), Vec::new(), None),
        })
    });
    let own_code = Memo::new(move |_| {
        desk.app.with(|app| match app {
            Some(AppState::SignedOut { own_code, .. }) => own_code.clone(),
            _ => None,
        })
    });
    let (clinic, workstation, known, _) = facts.get_untracked();
    let username = RwSignal::new(known.first().cloned().unwrap_or_default());
    let password = RwSignal::new(String::new());
    let fault = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    // Once the server has asked for a code, or did not take the one that came.
    let wants_code = RwSignal::new(false);
    let code = RwSignal::new(String::new());
    let has_name = !username.get_untracked().is_empty();
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(String::new());
        let args = Credentials {
            username: username.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            second_factor: Some(code.get_untracked()).filter(|code| !code.trim().is_empty()),
        };
        spawn_local(async move {
            match ipc::session::sign_in(args).await {
                Ok(_) => desk.refresh(),
                Err(error) => {
                    code.try_set(String::new());
                    let asked = error.code == FaultCode::SecondFactor;
                    wants_code.try_set(asked);
                    // The password was good: only the code is wanted.
                    if !asked {
                        password.try_set(String::new());
                    }
                    fault.try_set(words::fault(&error));
                }
            }
            busy.try_set(false);
        });
    };
    // With the work account: the password is this computer's.
    let with_work_account = RwSignal::new(false);
    let by_browser = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(String::new());
        let args = OpenIdSignIn { password: password.get_untracked() };
        spawn_local(async move {
            match ipc::session::sign_in_openid(args).await {
                Ok(_) => desk.refresh(),
                Err(error) => drop(fault.try_set(words::fault(&error))),
            }
            busy.try_set(false);
        });
    };
    let people = known.into_iter().take(6).map(|user| {
        let shown = user.clone();
        let mine = user.clone();
        view! {
            <button type="button" class="person" class:chosen=move || username.get() == mine
                on:click=move |_| { username.set(user.clone()); password.set(String::new()); focus_password(); }>
                <span class="initials" aria-hidden="true">{show::initials(&shown.replace('.', " "))}</span>
                {shown.clone()}
            </button>
        }
    });
    let people = people.collect_view();
    let of_password = move || if with_work_account.get() { "none" } else { "" };
    let unready = move || {
        let nameless = !with_work_account.get() && username.get().trim().is_empty();
        busy.get() || nameless || password.get().is_empty()
    };
    view! {
        <main class="door">
            <form class="door-card" on:submit=move |ev| { if with_work_account.get_untracked() { by_browser(ev) } else { submit(ev) } } data-testid="signin">
                <div class="brand">"Wattle"</div>
                <h1>{clinic.unwrap_or_else(|| "Sign in".to_owned())}</h1>
                <p class="soft">"at "<b>{workstation}</b></p>
                {move || facts.get().3.map(|code| view! {
                    <p class="notice" role="alert" data-testid="signin-notice">{Icon::Info.svg()}<span>{words::of_fault(code)}</span></p>
                })}
                {move || own_code.get().map(|code| view! {
                    <div class="panel" role="status" data-testid="own-code-panel">
                        <p>"This computer is new. Read this code out to whoever runs the system: they approve it on the page People. Then sign in here."</p>
                        <p class="big-code tabular" data-testid="own-code">{code}</p>
                    </div>
                })}
                <div class="people" style:display=of_password>{people}</div>
                <div style:display=of_password><Field label="User name" value=username test_id="signin-username" first=!has_name /></div>
                <Show when=move || with_work_account.get()>
                    <p class="soft">"Choose a password for this computer, or type the one you have here. It unlocks the screen and opens Wattle when the internet is down; the server never hears it."</p>
                </Show>
                <PasswordField value=password test_id="signin-password" first=has_name />
                <Show when=move || wants_code.get() && !with_work_account.get()>
                    <Field label="Code of your authenticator app" value=code test_id="signin-code" first=true hint="Six digits" />
                </Show>
                <p class="odd" role="alert" data-testid="signin-fault">{move || fault.get()}</p>
                <button class="button primary wide" type="submit" data-testid="signin-submit" disabled=unready>
                    {move || match (with_work_account.get(), busy.get()) {
                        (false, true) => "Signing in …",
                        (false, false) => "Sign in",
                        (true, true) => "Waiting for your browser …",
                        (true, false) => "Go on in the browser",
                    }}
                </button>
                <button type="button" class="button bare wide" data-testid="signin-other" on:click=move |_| {
                    fault.set(String::new());
                    password.set(String::new());
                    with_work_account.update(|on| *on = !*on);
                }>{move || if with_work_account.get() { "Sign in with name and password" } else { "Sign in with your work account" }}</button>
                // A slip in the address shows itself only now; once the computer is enrolled it stays where it is.
                <Show when=move || facts.with(|(clinic, ..)| clinic.is_none())>
                    <button type="button" class="button bare wide" data-testid="set-up-again" on:click=move |_| {
                        let workstation_name = facts.get_untracked().1;
                        desk.app.set(Some(AppState::NeedsSetUp { server_url: String::new(), workstation_name }));
                    }>"Another server or name"</button>
                </Show>
            </form>
        </main>
    }
}

fn focus_password() {
    use wasm_bindgen::JsCast;
    let input =
        document().get_element_by_id("password").and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(input) = input {
        drop(input.focus());
    }
}

/// A password with a button that shows it.
#[component]
pub(crate) fn PasswordField(
    /// What is typed.
    value: RwSignal<String>,
    /// For scripts.
    test_id: &'static str,
    /// The cursor starts here.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let input = NodeRef::<Input>::new();
    if first {
        focus_once(input);
    }
    view! {
        <div class="field">
            <label for="password">"Password"</label>
            <div class="box-with">
                <input id="password" node_ref=input class="box" autocomplete="off" spellcheck="false" data-testid=test_id
                    type=move || if shown.get() { "text" } else { "password" }
                    prop:value=move || value.get() on:input=move |ev| value.set(event_target_value(&ev)) />
                <button type="button" class="button bare icon-only" aria-pressed=move || shown.get().to_string()
                    aria-label=move || if shown.get() { "Hide the password" } else { "Show the password" }
                    on:click=move |_| shown.update(|s| *s = !*s)>
                    {move || if shown.get() { Icon::EyeOff.svg() } else { Icon::Eye.svg() }}
                </button>
            </div>
        </div>
    }
}
