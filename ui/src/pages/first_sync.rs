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
    let part = move || thousandths(progress.get());
    let percent = move || part().map_or(0, |part| part / 10).to_string();
    let width = move || part().map_or_else(|| "0".to_owned(), |part| format!("{}.{}%", part / 10, part % 10));
    view! {
        <main class="door">
            <div class="door-card" data-testid="first-sync">
                <div class="brand">"Wattle"</div>
                <h1>"Fetching the clinic"</h1>
                <p class="soft">"This happens once on this computer. It is stored encrypted, and from then on only changes travel."</p>
                <div class="bar" class:unknown=move || part().is_none() role="progressbar" aria-label="Fetching the clinic"
                    aria-valuemin="0" aria-valuemax="100" aria-valuenow=percent>
                    <div class="bar-fill" style:width=width></div>
                </div>
                <p class="figures">
                    {move || counted(progress.get())}
                    <span class="soft">{move || left(progress.get())}</span>
                </p>
            </div>
        </main>
    }
}

/// How much of it is here; `None` while it is not known how much there is. Bytes tell it better than rows.
fn thousandths(p: Progress) -> Option<u64> {
    let (here, all) = if p.of_bytes > 0 { (p.bytes, p.of_bytes) } else { (p.rows, p.of_rows) };
    (here.min(all) * 1000).checked_div(all)
}

fn counted(p: Progress) -> String {
    match (p.rows, p.of_rows, p.of_bytes) {
        (_, 0, 1..) => format!("{} of {}", show::bytes(p.bytes), show::bytes(p.of_bytes)),
        (_, of, 1..) => {
            let (here, all) = (show::bytes(p.bytes), show::bytes(p.of_bytes));
            format!("{here} of {all}, {} rows", show::thousands(of))
        }
        (0, 0, _) => "Asking the server …".to_owned(),
        (rows, 0, _) => format!("{} rows so far", show::thousands(rows)),
        (rows, of, _) => format!("{} of {} rows", show::thousands(rows), show::thousands(of)),
    }
}

/// From the speed so far; nothing before there is one.
fn left(p: Progress) -> String {
    let (here, all) = if p.of_bytes > 0 { (p.bytes, p.of_bytes) } else { (p.rows, p.of_rows) };
    if p.elapsed_ms < 1000 {
        return String::new();
    }
    let left = all.saturating_sub(here).saturating_mul(p.elapsed_ms);
    match left.checked_div(here.saturating_mul(1000)) {
        None => String::new(),
        _ if all <= here => "Checking and opening it …".to_owned(),
        Some(0..=1) => "about a second left".to_owned(),
        Some(seconds @ 2..=90) => format!("about {seconds} seconds left"),
        Some(seconds) => format!("about {} minutes left", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_how_far_it_is_and_rows_where_there_are_no_bytes() {
        let rows = Progress { rows: 250, of_rows: 1000, elapsed_ms: 2000, ..Progress::default() };
        assert_eq!((thousandths(rows), left(rows).as_str()), (Some(250), "about 6 seconds left"));
        assert_eq!(counted(rows), "250 of 1,000 rows");
        let pages = Progress {
            bytes: 40_000_000,
            of_bytes: 80_000_000,
            of_rows: 1_000_000,
            elapsed_ms: 90_000,
            ..Progress::default()
        };
        assert_eq!((thousandths(pages), left(pages).as_str()), (Some(500), "about 90 seconds left"));
        assert_eq!(counted(pages), "40.0 MB of 80.0 MB, 1,000,000 rows");
        let done = Progress { bytes: 80_000_000, ..pages };
        assert_eq!(left(done), "Checking and opening it …");
        assert_eq!((thousandths(Progress::default()), left(Progress::default()).as_str()), (None, ""));
    }
}
