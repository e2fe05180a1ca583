//! The *Sync* page. See `wattle_protocol::ipc::sync`.

use tauri::{AppHandle, WebviewWindow};
use wattle_protocol::ipc::sync::{Bundle, SyncPage, WriteBundle};
use wattle_protocol::ipc::{CommandError, FaultCode};

use super::{Answer, Desk, where_to};

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
        let folder = where_to::downloads().ok_or(CommandError::new(FaultCode::NotSaved))?;
        return Ok(Some(desk.write_support_bundle(&folder).await?));
    }
    let name = desk.support_bundle_name().await?;
    match where_to::ask(&app, &window, "Save the support file", name, ("JSON", "json")).await {
        Some(path) => Ok(Some(desk.write_support_bundle_to(&path).await?)),
        None => Ok(None),
    }
}
