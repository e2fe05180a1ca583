//! The first copy of the clinic is on its way, told truthfully.

use leptos::prelude::*;
use wattle_protocol::ipc::session::{AppState, Progress};

use crate::show;
use crate::state::desk::desk;

/// A bar with rows and an estimate of the time left.
#[component]
pub(crate) fn FirstSyncPage() -> impl IntoView {
    let desk = desk();
    let progress = Memo::new(move |_| {
        desk.app.with(|app| match app {
            Some(AppState::FirstSync { progress }) => *progress,
            _ => Progress::default(),
        })
    });
    let percent = move || {
        let p = progress.get();
        if p.of_rows == 0 { 0.0 } else { (p.rows as f64 / p.of_rows as f64 * 100.0).min(100.0) }
    };
    view! {
        <main class="door">
            <div class="door-card" data-testid="first-sync">
                <div class="brand">"Wattle"</div>
                <h1>"Fetching the clinic"</h1>
                <p class="soft">"This happens once on this computer. It is stored encrypted, and from then on only changes travel."</p>
                <div class="bar" class:unknown=move || progress.get().of_rows == 0 role="progressbar" aria-label="Fetching the clinic"
                    aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || format!("{:.0}", percent())>
                    <div class="bar-fill" style:width=move || format!("{:.1}%", percent())></div>
                </div>
                <p class="figures">
                    {move || counted(progress.get())}
                    <span class="soft">{move || left(progress.get())}</span>
                </p>
            </div>
        </main>
    }
}

fn counted(p: Progress) -> String {
    match (p.rows, p.of_rows) {
        (0, 0) => "Asking the server …".to_owned(),
        (rows, 0) => format!("{} rows so far", show::thousands(rows)),
        (rows, of) => format!("{} of {} rows", show::thousands(rows), show::thousands(of)),
    }
}

/// From the speed so far; nothing before there is one.
fn left(p: Progress) -> String {
    if p.rows == 0 || p.of_rows <= p.rows || p.elapsed_ms < 1000 {
        return String::new();
    }
    let seconds = (p.of_rows - p.rows).saturating_mul(p.elapsed_ms) / p.rows / 1000;
    match seconds {
        0..=1 => "about a second left".to_owned(),
        2..=90 => format!("about {seconds} seconds left"),
        _ => format!("about {} minutes left", seconds.div_ceil(60)),
    }
}
