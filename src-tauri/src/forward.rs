//! Hands the workstation's events to the page.

use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::error::RecvError;
use wattle_domain::TableName;
use wattle_protocol::ipc::event::{CHANNEL, Changed, Event};
use wattle_workstation::Workstation;

/// Forwards until the workstation ends.
pub(crate) fn start(app: AppHandle, workstation: Workstation) {
    let mut events = workstation.events();
    tauri::async_runtime::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => emit(&app, &event),
                // The page was slower than the sync: it gets the present state whole instead of every step.
                Err(RecvError::Lagged(_)) => {
                    if let Ok(state) = workstation.app_state().await {
                        emit(&app, &Event::App(state));
                    }
                    emit(&app, &Event::Changed(everything()));
                }
                Err(RecvError::Closed) => break,
            }
        }
    });
}

fn emit(app: &AppHandle, event: &Event) {
    if let Err(error) = app.emit(CHANNEL, event) {
        tracing::warn!(%error, "an event did not reach the page");
    }
}

fn everything() -> Changed {
    Changed { rows: TableName::ALL.iter().map(|table| (*table, Vec::new())).collect() }
}
