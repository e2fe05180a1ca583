#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
//! The desktop shell: one window over `wattle-workstation`.
//!
//! Owns: the window, the native question before quitting, the log file, and the translation between page and
//! workstation.
//!
//! Must never: hold a rule, speak SQL or HTTP, or log anything about a patient.

mod commands;
mod forward;
mod logging;
mod quit;
mod start;
mod window;
mod window_place;

use tauri::{Manager, RunEvent, WindowEvent};

fn main() -> anyhow::Result<()> {
    let data_dir = start::data_dir()?;
    logging::start(&data_dir)?;
    if let Err(error) = wattle_no_dump::forbid() {
        tracing::warn!(%error, "the system may write this process's memory to disk when it crashes");
    }
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(commands::handler())
        .setup(move |app| {
            match start::workstation(&data_dir) {
                Ok(workstation) => {
                    forward::start(app.handle().clone(), workstation.clone());
                    app.manage(workstation);
                    window::open(app, &data_dir)?;
                }
                Err(error) => start::explain(app.handle(), &error),
            }
            Ok(())
        })
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                window_place::save(window);
                quit::ask(window, api);
            }
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| match event {
        // The menu of macOS, or the end of the session: no window was asked to close.
        RunEvent::ExitRequested { api, code: None, .. } => quit::ask_before_the_end(app, &api),
        RunEvent::Exit => quit::leave(app),
        _ => {}
    });
    Ok(())
}
