//! From nothing to a workstation, or to a plain word why not.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use wattle_workstation::{Config, Error, Workstation};

/// Where everything rests: `WATTLE_DATA_DIR`, else `wattle` in the system's folder for local data.
pub(crate) fn data_dir() -> anyhow::Result<PathBuf> {
    let folder = match std::env::var_os("WATTLE_DATA_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => dirs::data_local_dir().context("the system names no folder for local data")?.join("wattle"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Takes the folder and starts.
pub(crate) fn workstation(data_dir: &Path) -> Result<Workstation, Error> {
    // The workstation spawns tasks: it must be started inside Tauri's runtime.
    tauri::async_runtime::block_on(async { Workstation::start(Config::of_folder(data_dir)?) })
}

/// Says why there is no window, and ends.
pub(crate) fn explain(app: &AppHandle, error: &Error) {
    tracing::error!(%error, "could not start");
    let words = match error {
        Error::AlreadyOpen => "Wattle is open already on this computer. Look for its window.".to_owned(),
        other => format!("Wattle cannot start: {other}."),
    };
    let app = app.clone();
    app.clone()
        .dialog()
        .message(words)
        .title("Wattle")
        .kind(MessageDialogKind::Error)
        .show(move |_| app.exit(1));
}
