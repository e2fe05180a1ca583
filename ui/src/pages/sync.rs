//! How it stands with the server, for the curious and for whoever is on the phone with support.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_protocol::ipc::session::{Connection, SyncState};

use crate::components::frame::sync_status::say;
use crate::components::icon::Icon;
use crate::state::desk::{Page, desk};
use crate::{ipc, show};

/// More than a minute of difference between the clocks is told.
const SKEW_MS: i64 = 60_000;

/// Facts, and one button.
#[component]
pub(crate) fn SyncPage() -> impl IntoView {
    let desk = desk();
    let now = move |_| {
        spawn_local(async move {
            if let Err(error) = ipc::session::sync_now().await {
                desk.toasts.fault(&error);
            }
        });
    };
    let fact = move |f: fn(&SyncState, wattle_domain::ClinicZone, wattle_domain::UtcInstant) -> String| {
        move || {
            desk.sync.with(|s| s.as_ref().map(|s| f(s, desk.zone.get(), desk.now.get()))).unwrap_or_default()
        }
    };
    let attention = move || desk.sync.with(|s| s.as_ref().map_or(0, |s| s.attention));
    let skew =
        move || desk.sync.with(|s| s.as_ref().and_then(|s| s.clock_skew_ms)).filter(|s| s.abs() > SKEW_MS);
    let advice = move || desk.sync.with(|s| s.as_ref().map_or("", |s| advice(s.connection)));
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Sync"</h1>
            <div class="grow"></div>
            <button type="button" class="button" data-testid="sync-now" on:click=now>{Icon::Sync.svg()}"Try now"</button>
        </div>
        <div class="scroll">
            <div class="sheet" data-testid="sync-page">
                <h2 class="sync-said">{fact(say)}</h2>
                <p class="soft">{advice}</p>
                <dl class="facts-list tabular">
                    <dt>"Waiting here"</dt>
                    <dd data-testid="sync-waiting">{fact(|s, _, _| match s.waiting { 0 => "nothing".into(), n => show::count(n, "change", "changes") })}</dd>
                    <dt>"The oldest was made"</dt>
                    <dd>{fact(|s, zone, now| s.oldest_waiting_at.map_or_else(|| "nothing waits".into(), |at| format!("{}, {}", show::when(zone, now, at), show::ago(now, at))))}</dd>
                    <dt>"Last word from the server"</dt>
                    <dd>{fact(|s, zone, now| s.last_contact_at.map_or_else(|| "not since Wattle was opened".into(), |at| format!("{}, {}", show::when(zone, now, at), show::ago(now, at))))}</dd>
                    <dt>"This workstation"</dt>
                    <dd>{move || desk.session.with(|s| s.as_ref().map(|s| s.workstation_name.clone()))}</dd>
                    <dt>"Needs attention"</dt>
                    <dd>
                        {move || match attention() {
                            0 => view! { "nothing" }.into_any(),
                            n => view! { <button type="button" class="link" on:click=move |_| desk.page.set(Page::Attention)>{show::count(n, "thing needs you", "things need you")}</button> }.into_any(),
                        }}
                    </dd>
                </dl>
                {move || skew().map(|ms| view! {
                    <p class="notice" data-severity="warning">{Icon::Clock.svg()}<span>
                        {format!("The clock of this computer is {} {} the server's. Times in the history are off by as much; set the clock right.",
                            show::minutes(ms.abs() / 60_000), if ms > 0 { "ahead of" } else { "behind" })}
                    </span></p>
                })}
                <h3>"Feeds"</h3>
                <p class="soft">"What this workstation holds, and the last change of each that it has."</p>
                <dl class="facts-list tabular">
                    {move || desk.sync.with(|s| s.as_ref().map(|s| s.cursors.clone())).unwrap_or_default().into_iter().map(|(feed, seq)| view! {
                        <dt>{feed_name(&feed)}</dt><dd data-testid="sync-cursor" data-feed=feed>{show::thousands(seq.0)}</dd>
                    }).collect_view()}
                </dl>
            </div>
        </div>
    }
}

fn advice(connection: Connection) -> &'static str {
    match connection {
        Connection::Online => "Every change is saved on this computer first and then sent at once.",
        Connection::Connecting | Connection::Offline { .. } => {
            "Go on working: every change is saved on this computer, encrypted, and is sent by itself when the server is back."
        }
        Connection::UpgradeRequired => {
            "Go on working. Update Wattle when there is a quiet minute; then what waits is sent."
        }
        Connection::SignInAgain => {
            "Go on working. Sign out and in again when there is a quiet minute; then what waits is sent."
        }
        Connection::Suspended => {
            "Go on working; what waits is safe here. Ask an administrator why this workstation was stopped."
        }
    }
}

fn feed_name(feed: &str) -> String {
    match feed {
        "ref" => "Practitioners, rooms, types".to_owned(),
        "front" => "Patients and appointments".to_owned(),
        "clinical" => "Clinical".to_owned(),
        "billing" => "Billing".to_owned(),
        "admin" => "Administration".to_owned(),
        other => other.to_owned(),
    }
}
