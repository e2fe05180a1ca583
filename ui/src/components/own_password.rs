//! Choosing a password of one's own.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::session::{NewPassword, SHORTEST_PASSWORD};

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::{ipc, words};

/// Old, new, new once more.
#[component]
pub(crate) fn OwnPassword() -> impl IntoView {
    let desk = desk();
    let (old, new, again) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let fault = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let given = move || desk.session.with(|s| s.as_ref().is_some_and(|s| s.password_given));
    let short = Signal::derive(move || match new.with(|new| new.chars().count()) {
        0 | SHORTEST_PASSWORD.. => String::new(),
        n => format!("{} more characters", SHORTEST_PASSWORD - n),
    });
    let differs = Signal::derive(move || {
        if again.with(String::is_empty) || again.get() == new.get() { "" } else { "Not the same as above" }
            .to_owned()
    });
    let ready = move || {
        !busy.get()
            && !old.with(String::is_empty)
            && new.with(|n| n.chars().count() >= SHORTEST_PASSWORD)
            && new.get() == again.get()
    };
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(String::new());
        let args = NewPassword { old: old.get_untracked(), new: new.get_untracked() };
        spawn_local(async move {
            match ipc::password::change_password(args).await {
                Ok(()) => {
                    for field in [old, new, again] {
                        field.try_set(String::new());
                    }
                    desk.toasts.done("Your new password is set.", Vec::new());
                }
                Err(error) => drop(fault.try_set(words::fault(&error))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <section class="sync-part">
            <h3>"Password"</h3>
            <Show when=given>
                <div class="strip warn" data-testid="password-given">{Icon::Attention.svg()}
                    <span>"Somebody else chose the password you have, and knows it. What is signed in your name should be yours alone: choose your own."</span></div>
            </Show>
            <form class="panel" on:submit=save data-testid="password-form">
                <div class="own-password">
                    <Field label="The password you have" value=old test_id="password-old" secret=true />
                    <Field label="New password" value=new test_id="password-new" secret=true odd=short hint="10 characters or more; three or four words are easy to keep in mind" />
                    <Field label="New password once more" value=again test_id="password-again" secret=true odd=differs />
                </div>
                <p class="odd" role="alert" data-testid="password-fault">{move || fault.get()}</p>
                <div class="row end"><button type="submit" class="button primary" data-testid="password-save" disabled=move || !ready()>"Change password"</button></div>
            </form>
        </section>
    }
}
