//! Leaving: with a word about what has not been sent, never with a loss.

use std::time::Duration;

use tauri::{AppHandle, CloseRequestApi, ExitRequestApi, Manager, Window};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use wattle_protocol::ipc::session::SyncState;
use wattle_workstation::Workstation;

/// So long the sync may take to end its request.
const PATIENCE: Duration = Duration::from_secs(3);

/// Closes the window at once when everything is on the server, else asks.
pub(crate) fn ask(window: &Window, api: &CloseRequestApi) {
    let Some(words) = words(window.app_handle()) else { return };
    api.prevent_close();
    question(window, words);
}

/// The same when the whole app is to end and no window was asked. Once its window is gone the answer was yes.
pub(crate) fn ask_before_the_end(app: &AppHandle, api: &ExitRequestApi) {
    let Some(window) = app.webview_windows().into_values().next() else { return };
    let Some(words) = words(app) else { return };
    api.prevent_exit();
    question(&window.as_ref().window(), words);
}

fn question(window: &Window, words: String) {
    let asked = window.clone();
    window
        .dialog()
        .message(words)
        .title("Close Wattle?")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom("Close".into(), "Stay".into()))
        .parent(window)
        .show(move |close| {
            if close && let Err(error) = asked.destroy() {
                tracing::error!(%error, "the window did not close");
            }
        });
}

/// Ends the sync in good order; the file is safe however the process ends.
pub(crate) fn leave(app: &AppHandle) {
    let Some(workstation) = app.try_state::<Workstation>() else { return };
    let workstation = workstation.inner().clone();
    tauri::async_runtime::block_on(async move {
        if tokio::time::timeout(PATIENCE, workstation.close()).await.is_err() {
            tracing::warn!("the sync did not end in time");
        }
    });
}

fn words(app: &AppHandle) -> Option<String> {
    let workstation = app.try_state::<Workstation>()?;
    // Nobody signed in: what is unsent was told at sign-out. A file that cannot be read does not hold the window open.
    let state = tauri::async_runtime::block_on(workstation.sync_state()).ok()?;
    (state.waiting > 0).then(|| unsent(&state, workstation.now().0))
}

/// How many changes have not been sent, since when, and that they are safe.
fn unsent(state: &SyncState, now_ms: i64) -> String {
    let (count, they) = match state.waiting {
        1 => ("1 change is not yet on the server".to_owned(), "It is safe on this computer and goes out"),
        n => (format!("{n} changes are not yet on the server"), "They are safe on this computer and go out"),
    };
    let since = state.oldest_waiting_at.map_or_else(String::new, |at| {
        let minutes = (now_ms - at.0).max(0) / 60_000;
        match minutes {
            0 => " (since less than a minute)".to_owned(),
            1 => " (since 1 minute)".to_owned(),
            2..120 => format!(" (since {minutes} minutes)"),
            _ => format!(" (since {} hours)", minutes / 60),
        }
    });
    format!("{count}{since}. {they} at the next sign-in here; until then nobody else sees it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_domain::UtcInstant;

    #[test]
    fn says_count_and_age() {
        let state = |waiting, minutes: i64| SyncState {
            waiting,
            oldest_waiting_at: Some(UtcInstant(-minutes * 60_000)),
            ..SyncState::default()
        };
        assert!(unsent(&state(1, 0), 0).starts_with("1 change is not yet on the server (since less than"));
        assert!(
            unsent(&state(3, 12), 0).starts_with("3 changes are not yet on the server (since 12 minutes).")
        );
        assert!(unsent(&state(3, 300), 0).contains("(since 5 hours)"));
    }
}
