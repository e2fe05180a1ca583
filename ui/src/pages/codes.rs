//! One's own sign-in: the password, and whether it also takes the codes of an authenticator app.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::{CommandError, Shown};
use wattle_protocol::second_factor::Step;

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::own_password::OwnPassword;
use crate::state::desk::desk;
use crate::{ipc, words};

/// On or off, and the way from one to the other.
#[component]
pub(crate) fn CodesPage() -> impl IntoView {
    let desk = desk();
    let shown = RwSignal::new(None::<Shown>);
    let fault = RwSignal::new(None::<CommandError>);
    let code = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let go = move |step: Step, said: &'static str| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match ipc::second_factor::second_factor(step).await {
                Ok(answer) => {
                    fault.try_set(None);
                    code.try_set(String::new());
                    shown.try_set(Some(answer));
                    if !said.is_empty() {
                        desk.toasts.done(said, Vec::new());
                    }
                }
                Err(error) => drop(fault.try_set(Some(error))),
            }
            busy.try_set(false);
        });
    };
    go(Step::Look, "");
    let typed = move || code.get_untracked().trim().to_owned();
    let confirm = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        go(
            Step::Confirm { code: typed() },
            "From now on Wattle also asks for a code, once a shift at each computer.",
        );
    };
    let remove = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        go(Step::Remove { code: typed() }, "Your password alone is enough again.");
    };
    let code_box = move |label: &'static str| {
        view! {
            <div class="row bottom">
                <Field label="The six digits that the app shows" value=code test_id="factor-code" first=true />
                <button type="submit" class="button primary" data-testid="factor-save" disabled=move || busy.get() || code.get().trim().len() < 6>{label}</button>
            </div>
        }
    };
    view! {
        <div class="toolbar"><h1 class="day-title">"Your sign-in"</h1></div>
        <div class="scroll"><div class="sheet" data-testid="codes-page">
            <OwnPassword />
            <section class="sync-part">
                <h3>"Codes of an authenticator app"</h3>
                <p class="soft">"Beside your password Wattle can ask for the six digits of an authenticator app on your phone. \
                    Whoever gets to know your password then still cannot sign in. You are asked once a shift at each computer, and not while the server cannot be reached."</p>
                {move || fault.get().map(|error| view! {
                    <div class="strip danger" role="alert" data-testid="factor-fault">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
                })}
                {move || shown.get().map(|now| match (now.on, now.secret) {
                    (true, _) => view! {
                        <p data-testid="factor-on">{Icon::Check.svg()}" Codes are on. Lost the phone? Whoever sees to accounts can switch them off for you, on the page People."</p>
                        <form class="panel" on:submit=remove>{code_box("Switch off")}</form>
                    }.into_any(),
                    (false, Some(secret)) => view! {
                        <form class="panel" on:submit=confirm data-testid="factor-new">
                            <p>"1. Photograph this with the app, or type the letters into it."</p>
                            <div class="qr" role="img" aria-label="The same secret as a picture for the app's camera" inner_html=now.picture.unwrap_or_default()></div>
                            <p class="tabular secret" data-testid="factor-secret">{grouped(&secret)}</p>
                            <p>"2. Type what the app shows now. Your other computers must then sign in anew."</p>
                            {code_box("Switch on")}
                        </form>
                    }.into_any(),
                    (false, None) => view! {
                        <div class="row"><button type="button" class="button primary" data-testid="factor-begin" disabled=move || busy.get()
                            on:click=move |_| go(Step::Begin, "")>"Set up codes"</button></div>
                    }.into_any(),
                })}
            </section>
        </div></div>
    }
}

/// In groups of four, as people type them.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
