//! The sync state in a dot and words: never in doubt about what is saved.

use leptos::prelude::*;
use wattle_domain::{ClinicZone, UtcInstant};
use wattle_protocol::ipc::session::{Connection, SyncState};

use crate::components::icon::Icon;
use crate::state::desk::{Page, desk};
use crate::{show, words};

/// Always on the screen; opens the sync page.
#[component]
pub(crate) fn SyncStatus() -> impl IntoView {
    let desk = desk();
    let connection = Memo::new(move |_| {
        desk.sync.with(|s| s.as_ref().map_or("connecting", |s| words::connection(s.connection)))
    });
    let waiting = Memo::new(move |_| desk.sync.with(|s| s.as_ref().map_or(0, |s| s.waiting)));
    let said = Memo::new(move |_| {
        desk.sync.with(|s| s.as_ref().map(|s| say(s, desk.zone.get(), desk.now.get()))).unwrap_or_default()
    });
    let tone = Memo::new(move |_| desk.sync.with(|s| s.as_ref().map_or("quiet", tone)));
    view! {
        <button type="button" class="sync-status" data-testid="sync-status" data-connection=move || connection.get()
            data-waiting=move || waiting.get() data-tone=move || tone.get() on:click=move |_| desk.page.set(Page::Sync)>
            {move || match tone.get() {
                "warn" => Icon::CloudOff.svg().into_any(),
                "busy" => Icon::CloudUp.svg().into_any(),
                "danger" => Icon::Attention.svg().into_any(),
                _ => view! { <span class="dot" aria-hidden="true"></span> }.into_any(),
            }}
            <span>{move || said.get()}</span>
        </button>
    }
}

/// The tone of the dot; the words say the same.
fn tone(s: &SyncState) -> &'static str {
    match s.connection {
        Connection::Online if s.waiting == 0 => "ok",
        Connection::Online => "busy",
        Connection::Connecting => "quiet",
        Connection::Offline { .. } => "warn",
        Connection::UpgradeRequired | Connection::SignInAgain | Connection::Suspended => "danger",
    }
}

/// `Saved here, on the server 3 s ago` · `Offline since 10:42 am, 4 changes wait here`.
pub(crate) fn say(s: &SyncState, zone: ClinicZone, now: UtcInstant) -> String {
    let wait = |n: u64| match n {
        0 => "nothing waits".to_owned(),
        1 => "1 change waits here".to_owned(),
        n => format!("{} changes wait here", show::thousands(n)),
    };
    match s.connection {
        Connection::Online if s.waiting > 0 && waits_for_switch(s) => {
            format!("Not switched over from FileMaker yet, {}", wait(s.waiting))
        }
        Connection::Online if s.waiting > 0 => {
            format!("Saved here, sending {}", show::count(s.waiting, "change", "changes"))
        }
        Connection::Online => match s.last_contact_at {
            // A figure that counts up every second draws the eye for nothing.
            Some(at) if now.0 - at.0 < 10_000 => "Saved here and on the server".to_owned(),
            Some(at) => format!("Saved here, on the server {}", rough(now, at)),
            None => "Saved here and on the server".to_owned(),
        },
        Connection::Connecting => format!("Connecting …, {}", wait(s.waiting)),
        Connection::Offline { since } => {
            format!("Offline since {}, {}", show::when(zone, now, since), wait(s.waiting))
        }
        Connection::UpgradeRequired => format!("A newer Wattle is required, {}", wait(s.waiting)),
        Connection::SignInAgain => format!("Sign in again to send, {}", wait(s.waiting)),
        Connection::Suspended => format!("Stopped by an administrator, {}", wait(s.waiting)),
    }
}

/// The server takes nothing yet: the clinic still works in FileMaker.
pub(crate) fn waits_for_switch(s: &SyncState) -> bool {
    s.faults.iter().any(|fault| fault.work == "push" && fault.code == "before_switch")
}

/// Tens of seconds, then minutes.
fn rough(now: UtcInstant, at: UtcInstant) -> String {
    match (now.0 - at.0) / 1000 {
        s @ 0..60 => format!("{} s ago", s / 10 * 10),
        s => format!("{} ago", show::minutes(s / 60)),
    }
}
