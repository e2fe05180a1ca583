//! The top bar: clinic and its time, search, sync state, who is signed in.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::frame::sync_status::SyncStatus;
use crate::components::icon::Icon;
use crate::state::desk::{Page, desk};
use crate::state::theme::Theme;
use crate::{ipc, show, words};

/// Above everything.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let desk = desk();
    let clinic = move || desk.session.with(|s| s.as_ref().map(|s| s.clinic_name.clone())).unwrap_or_default();
    let time = move || {
        let (zone, now) = (desk.zone.get(), desk.minute.get());
        format!("{}, {} {}", zone.date(now).long(), zone.clock(now), zone.abbreviation(now))
    };
    view! {
        <header class="top">
            <div class="clinic">
                <b>{clinic}</b>
                <span class="soft tabular" data-testid="clinic-time">{time}</span>
            </div>
            <button type="button" class="search-open" data-testid="search-open" on:click=move |_| desk.search.set(true)>
                {Icon::Search.svg()}
                <span>"Find a patient or a page"</span>
                <kbd>"/"</kbd>
            </button>
            <div class="grow"></div>
            <SyncStatus />
            <ThemeButton />
            <Who />
        </header>
    }
}

#[component]
fn ThemeButton() -> impl IntoView {
    let desk = desk();
    let name = move || match desk.theme.get() {
        Theme::System => "Colours as the computer says; switch to light",
        Theme::Light => "Light colours; switch to dark",
        Theme::Dark => "Dark colours; switch to as the computer says",
    };
    view! {
        <button type="button" class="button bare icon-only" aria-label=name data-tip=name data-testid="theme-button"
            on:click=move |_| desk.theme.update(|t| *t = t.next())>
            {move || match desk.theme.get() {
                Theme::System => Icon::System.svg(),
                Theme::Light => Icon::Light.svg(),
                Theme::Dark => Icon::Dark.svg(),
            }}
        </button>
    }
}

/// Who is signed in, with lock and sign-out.
#[component]
fn Who() -> impl IntoView {
    let desk = desk();
    let open = RwSignal::new(false);
    let of = move |f: fn(&wattle_protocol::ipc::session::Session) -> String| {
        desk.session.with(|s| s.as_ref().map(f)).unwrap_or_default()
    };
    let roles = move || of(|s| s.roles.iter().map(|r| words::role(*r)).collect::<Vec<_>>().join(", "));
    let lease = move || {
        let until = desk.session.with(|s| s.as_ref().map(|s| s.offline_lease_until));
        until.map(|until| show::when(desk.zone.get(), desk.minute.get(), until)).unwrap_or_default()
    };
    let sign_out = move |_| {
        spawn_local(async move {
            match ipc::session::sign_out().await {
                Ok(_) => desk.refresh(),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let given = Memo::new(move |_| desk.session.with(|s| s.as_ref().is_some_and(|s| s.password_given)));
    view! {
        <button type="button" class="button bare icon-only" aria-label="Lock the screen (Ctrl L)" data-tip="Lock the screen (Ctrl L)"
            data-testid="lock-button" on:click=move |_| desk.lock()>
            {Icon::Lock.svg()}
        </button>
        <div class="who">
            <button type="button" class="who-button" data-testid="who-button" aria-haspopup="true" aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|o| *o = !*o)>
                <span class="initials" aria-hidden="true">{move || show::initials(&of(|s| s.display_name.clone()))}</span>
                <span class="who-name">{move || of(|s| s.display_name.clone())}</span>
                {Icon::Down.svg()}
            </button>
            <Show when=move || open.get()>
                <div class="menu-back" on:click=move |_| open.set(false)></div>
                <div class="menu" on:keydown=move |ev| { if ev.key() == "Escape" { open.set(false); } }>
                    <div class="menu-head">
                        <b>{move || of(|s| s.display_name.clone())}</b>
                        <span class="soft">{roles}" at "{move || of(|s| s.workstation_name.clone())}</span>
                        <span class="soft">"Can work without the server until "{lease}</span>
                    </div>
                    <button type="button" class="menu-item" on:click=move |_| { open.set(false); desk.lock(); }>
                        {Icon::Lock.svg()}<span>"Lock the screen"</span><kbd>"Ctrl L"</kbd>
                    </button>
                    <button type="button" class="menu-item" data-testid="codes" on:click=move |_| { open.set(false); desk.page.set(Page::Codes); }>
                        {Icon::Phone.svg()}<span>"Your sign-in"</span>
                        <Show when=move || given.get()><span class="soft" data-testid="password-hint">"choose a password"</span></Show>
                    </button>
                    <button type="button" class="menu-item" data-testid="sign-out" on:click=sign_out>
                        {Icon::SignOut.svg()}<span>"Sign out"</span>
                    </button>
                </div>
            </Show>
        </div>
    }
}
