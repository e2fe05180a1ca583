//! The *Sync* page. See `wattle_protocol::ipc::sync`.

use std::path::PathBuf;

use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use wattle_protocol::ipc::sync::{Bundle, SyncPage, WriteBundle};
use wattle_protocol::ipc::{CommandError, FaultCode};

use super::{Answer, Desk};

/// Everything about the sync, nothing about anybody.
#[tauri::command]
pub(crate) async fn sync_page(desk: Desk<'_>) -> Answer<SyncPage> {
    Ok(desk.sync_page().await?)
}

/// Compares with the server at the next contact.
#[tauri::command]
pub(crate) async fn check_now(desk: Desk<'_>) -> Answer<()> {
    Ok(desk.check_now().await?)
}

/// Writes the support bundle; `None` when the person was asked where and thought better of it.
#[tauri::command]
pub(crate) async fn write_support_bundle(
    app: AppHandle,
    window: WebviewWindow,
    desk: Desk<'_>,
    args: WriteBundle,
) -> Answer<Option<Bundle>> {
    if !args.ask {
        let folder = dirs::download_dir().filter(|folder| folder.is_dir()).or_else(dirs::home_dir);
        let folder = folder.ok_or(CommandError::new(FaultCode::NotSaved))?;
        return Ok(Some(desk.write_support_bundle(&folder).await?));
    }
    let name = desk.support_bundle_name().await?;
    match ask_where(&app, &window, name).await {
        Some(path) => Ok(Some(desk.write_support_bundle_to(&path).await?)),
        None => Ok(None),
    }
}

async fn ask_where(app: &AppHandle, window: &WebviewWindow, name: String) -> Option<PathBuf> {
    let (told, path) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .set_parent(window)
        .set_title("Save the support file")
        .set_file_name(name)
        .add_filter("JSON", &["json"])
        .save_file(move |path| drop(told.send(path)));
    path.await.ok().flatten()?.into_path().ok()
}
