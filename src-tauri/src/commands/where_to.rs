//! Where a file that somebody takes out is written, and which folder is watched.

use std::path::PathBuf;

use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_dialog::DialogExt;

/// The folder for downloads, or the person's own.
pub(super) fn downloads() -> Option<PathBuf> {
    dirs::download_dir().filter(|folder| folder.is_dir()).or_else(dirs::home_dir)
}

/// Asks with the system's own dialog; `None` when they thought better of it.
pub(super) async fn ask(
    app: &AppHandle,
    window: &WebviewWindow,
    title: &str,
    name: String,
    (kind, ending): (&str, &str),
) -> Option<PathBuf> {
    let (told, path) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .set_parent(window)
        .set_title(title)
        .set_file_name(name)
        .add_filter(kind, &[ending])
        .save_file(move |path| drop(told.send(path)));
    path.await.ok().flatten()?.into_path().ok()
}

/// Asks for a folder with the system's own dialog; `None` when they thought better of it.
pub(super) async fn ask_folder(app: &AppHandle, window: &WebviewWindow, title: &str) -> Option<PathBuf> {
    let (told, path) = tokio::sync::oneshot::channel();
    app.dialog().file().set_parent(window).set_title(title).pick_folder(move |path| drop(told.send(path)));
    path.await.ok().flatten()?.into_path().ok()
}
