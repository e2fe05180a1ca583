//! How it stands with the server, for the curious and for whoever is on the phone with support.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::{ClinicZone, UtcInstant};
use wattle_protocol::ipc::session::{Connection, SyncState};
use wattle_protocol::ipc::sync::SyncPage as Facts;

use crate::components::frame::sync_status::{say, waits_for_switch};
use crate::components::icon::Icon;
use crate::components::sync::{Line, facts, table};
use crate::state::desk::{Page, desk};
use crate::state::sync::SyncFacts;
use crate::{ipc, show, words};

/// More than a minute of difference between the clocks is told.
const SKEW_MS: i64 = 60_000;

/// Facts, and what one can do about them.
#[component]
pub(crate) fn SyncPage() -> impl IntoView {
    let desk = desk();
    let held = SyncFacts::new(desk);
    let now = move |_| {
        spawn_local(async move {
            match ipc::session::sync_now().await {
                Ok(_) => desk.toasts.done("Asking the server now.", Vec::new()),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let check = move |_| {
        spawn_local(async move {
            match ipc::sync::check_now().await {
                Ok(_) => desk.toasts.done(
                    "Comparing with the server. The result stands under “Compared with the server”.",
                    Vec::new(),
                ),
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let written = RwSignal::new(None::<String>);
    let bundle = move |ask: bool| {
        spawn_local(async move {
            match ipc::sync::write_support_bundle(ask).await {
                Ok(Some(bundle)) => {
                    written.try_set(Some(bundle.path));
                }
                Ok(None) => {}
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let said = move || desk.sync.with(|s| s.as_ref().map(|s| say(s, desk.zone.get(), desk.now.get())));
    let advice = move || desk.sync.with(|s| s.as_ref().map_or("", advice));
    let skew =
        move || desk.sync.with(|s| s.as_ref().and_then(|s| s.clock_skew_ms)).filter(|s| s.abs() > SKEW_MS);
    let attention = move || desk.sync.with(|s| s.as_ref().map_or(0, |s| s.attention));
    let body = move || {
        let (zone, now) = (desk.zone.get(), held.now.get());
        held.page.value.with(|page| page.as_ref().map(|page| sections(page, zone, now)))
    };
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Sync"</h1>
            <div class="grow"></div>
            <button type="button" class="button" data-testid="sync-now" data-tip="Try the server now, without waiting for the next try" on:click=now>{Icon::Sync.svg()}"Sync now"</button>
            <button type="button" class="button" data-testid="sync-check" data-tip="Compare what is here with the server, and mend what differs" on:click=check>{Icon::Compare.svg()}"Compare now"</button>
        </div>
        <div class="scroll">
            <div class="sheet" data-testid="sync-page">
                <div>
                    <h2 class="sync-said">{said}</h2>
                    <p class="soft" data-testid="sync-advice">{advice}</p>
                </div>
                {move || held.page.fault.get().map(|error| view! {
                    <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
                })}
                {move || skew().map(|ms| view! {
                    <p class="notice" data-severity="warning">{Icon::Clock.svg()}<span>
                        {format!("The clock of this computer is {} {} the server's. Times in the history are off by as much; set the clock right.",
                            show::minutes(ms.abs() / 60_000), if ms > 0 { "ahead of" } else { "behind" })}
                    </span></p>
                })}
                {move || (attention() > 0).then(|| view! {
                    <p class="notice" data-severity="warning">{Icon::Attention.svg()}<span>
                        <button type="button" class="link" on:click=move |_| desk.page.set(Page::Attention)>{show::count(attention(), "thing needs you", "things need you")}</button>
                    </span></p>
                })}
                {body}
                <section class="sync-part">
                    <h3>"For support"</h3>
                    <p class="soft">"A file to send when support asks for it. It holds counts, ids, names of commands, codes and times, and nothing about a patient; it can be read in any editor."</p>
                    <div class="row">
                        <button type="button" class="button" data-testid="sync-bundle" on:click=move |_| bundle(false)>"Save to Downloads"</button>
                        <button type="button" class="button" data-testid="sync-bundle-ask" on:click=move |_| bundle(true)>"Save elsewhere …"</button>
                    </div>
                    <p role="status" data-testid="sync-bundle-path">{move || written.get().map(|path| format!("Saved: {path}"))}</p>
                </section>
            </div>
        </div>
    }
}

fn sections(page: &Facts, zone: ClinicZone, now: UtcInstant) -> AnyView {
    let state = &page.state;
    let time = |at: UtcInstant| format!("{}, {}", show::when(zone, now.max(at), at), show::ago(now, at));
    let waiting = match state.waiting {
        0 => "nothing".to_owned(),
        n => show::count(n, "change", "changes"),
    };
    let oldest = state.oldest_waiting_at.map_or_else(|| "nothing waits".to_owned(), time);
    let contact = state.last_contact_at.map_or_else(|| "not since Wattle was opened".to_owned(), time);
    let next = state.next_try_at.map(|at| match (at.0 - now.0) / 1000 {
        ..=0 => "now".to_owned(),
        s @ 1..=90 => format!("in {s} s"),
        s => format!("in {}", show::minutes(s / 60)),
    });
    let mut contact = vec![
        Line::new("Waiting here", waiting).named("sync-waiting"),
        Line::new("The oldest was made", oldest),
        Line::new("Last word from the server", contact),
    ];
    contact.extend(next.map(|next| Line::new("Next try", next).named("sync-next")));
    view! {
        <section class="sync-part">{facts(contact)}</section>
        {faults(page, time)}
        {outbox(page, time)}
        {feeds(page)}
        <section class="sync-part">
            <h3>"Compared with the server"</h3>
            <p class="soft">"Now and then both sides count and weigh what they hold, part by part. A part that differs is fetched again by itself; nothing unsent is touched."</p>
            {facts(compared(page, time))}
        </section>
        <section class="sync-part"><h3>"This computer"</h3>{facts(about(page))}</section>
    }
    .into_any()
}

fn faults(page: &Facts, time: impl Fn(UtcInstant) -> String) -> AnyView {
    let row = |fault: &wattle_protocol::ipc::session::SyncFault| {
        let times = show::count(fault.times.into(), "time", "times");
        let cells = vec![
            words::work(&fault.work).into(),
            words::work_fault(&fault.code).into(),
            times,
            time(fault.at),
        ];
        (fault.work.clone(), cells)
    };
    let rows: Vec<_> = page.state.faults.iter().map(row).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="sync-part">
            <h3>"Not going well"</h3>
            {table("sync-fault", &["What", "Why", "In a row", "Last"], rows)}
        </section>
    }
    .into_any()
}

/// So many lines are shown; the support file has more.
const SHOWN: usize = 50;

fn outbox(page: &Facts, time: impl Fn(UtcInstant) -> String) -> AnyView {
    let lines = &page.file.outbox;
    if lines.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> = lines
        .iter()
        .take(SHOWN)
        .map(|line| {
            let standing = line.code.map_or_else(
                || words::standing(line.standing).to_owned(),
                |code| words::rejected(&wattle_domain::Rejection::new(code)),
            );
            let made = time(line.issued_at);
            let cells = vec![words::command(&line.name).into(), made, standing, format!("no. {}", line.n)];
            (line.command_id.to_string(), cells)
        })
        .collect();
    let counts = page.file.counts;
    let all = counts.waiting + counts.answered + counts.rejected + counts.quarantined;
    let more = all.saturating_sub(rows.len() as u64);
    view! {
        <section class="sync-part">
            <h3>"Not finished yet"</h3>
            {table("sync-outbox-line", &["What", "Made", "Where it stands", "Number"], rows)}
            {(more > 0).then(|| view! { <p class="soft">{format!("and {} more", show::thousands(more))}</p> })}
        </section>
    }
    .into_any()
}

fn feeds(page: &Facts) -> AnyView {
    let state = &page.state;
    let rows = state.cursors.iter().map(|(feed, here)| {
        let head = state.heads.iter().find(|(name, _)| name == feed).map(|(_, head)| head.0);
        let behind = match head.map(|head| head.saturating_sub(here.0)) {
            None => "not heard yet".to_owned(),
            Some(0) => "none".to_owned(),
            Some(n) => format!("{} behind", show::thousands(n)),
        };
        let head = head.map_or_else(String::new, show::thousands);
        (feed.clone(), vec![words::feed(feed).to_owned(), show::thousands(here.0), head, behind])
    });
    view! {
        <section class="sync-part">
            <h3>"Feeds"</h3>
            <p class="soft">"What this computer holds, and the number of the last change of each, here and at the server."</p>
            {table("sync-cursor", &["Feed", "Here", "At the server", "Difference"], rows.collect())}
        </section>
    }
    .into_any()
}

fn compared(page: &Facts, time: impl Fn(UtcInstant) -> String) -> Vec<Line> {
    let digest = page.file.digest;
    let wrong = match (digest.checked_at, digest.wrong) {
        (None, _) => "nothing to say yet".to_owned(),
        (_, 0) => "nothing".to_owned(),
        (_, n) => show::count(n, "part", "parts"),
    };
    let mut lines = vec![
        Line::new("Last compared", digest.checked_at.map_or_else(|| "not yet".to_owned(), time))
            .named("sync-digest"),
        Line::new("Found different then", wrong),
    ];
    if digest.repairs > 0 {
        lines.push(Line::new("Waiting to be mended", show::count(digest.repairs, "part", "parts")));
    }
    if digest.mended > 0 {
        lines.push(Line::new("Mended so far", show::count(digest.mended, "part", "parts")));
    }
    lines
}

fn about(page: &Facts) -> Vec<Line> {
    let file = &page.file;
    let versions = format!(
        "{}, protocol {}, commands {}, file {}",
        page.app_version, page.protocol, page.wire, file.schema
    );
    let replica = file.replica.map_or_else(String::new, |replica| replica.to_string());
    vec![
        Line::new("Workstation", page.workstation_name.clone()),
        Line::new("Server", page.server_url.clone()),
        Line::new("Version", versions),
        Line::new("File on this disk", format!("{}, encrypted", show::bytes(file.file_bytes))),
        Line::new("May hold", file.profile.split('-').map(words::feed).collect::<Vec<_>>().join("; ")),
        Line::new("Commands made with this file", show::thousands(file.last_n)),
        Line::new("Workstation id", page.workstation.to_string()),
        Line::new("File id", replica),
        Line::new(
            "Server's epoch",
            if file.epoch.is_empty() { "not heard yet".into() } else { file.epoch.clone() },
        ),
    ]
}

fn advice(state: &SyncState) -> &'static str {
    match state.connection {
        Connection::Online if waits_for_switch(state) => words::work_fault("before_switch"),
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
            "Go on working; what waits is safe here. Without the network this computer locks within a quarter of an hour. Ask an administrator why it was stopped."
        }
    }
}
