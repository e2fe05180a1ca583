//! Scans that wait for a patient. See `wattle_protocol::ipc::scans`.

use tauri::{AppHandle, WebviewWindow};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::View;
use wattle_protocol::ipc::scans::{FileScan, PutScanAside, Scans, SetScanFolder, ViewScan};

use super::{Answer, Desk, where_to};

/// What came out of the scanner's folder.
#[tauri::command]
pub(crate) async fn scans(desk: Desk<'_>) -> Answer<Scans> {
    Ok(desk.scans().await?)
}

/// A page of a scan.
#[tauri::command]
pub(crate) async fn scan_view(desk: Desk<'_>, args: ViewScan) -> Answer<View> {
    Ok(desk.scan_view(args).await?)
}

/// Files a scan with a patient.
#[tauri::command]
pub(crate) async fn file_scan(desk: Desk<'_>, args: FileScan) -> Answer<Written> {
    Ok(desk.file_scan(args).await?)
}

/// Puts a scan aside, or takes that back.
#[tauri::command]
pub(crate) async fn put_scan_aside(desk: Desk<'_>, args: PutScanAside) -> Answer<()> {
    Ok(desk.put_scan_aside(args).await?)
}

/// Watches another folder; the one that is watched then.
#[tauri::command]
pub(crate) async fn set_scan_folder(
    app: AppHandle,
    window: WebviewWindow,
    desk: Desk<'_>,
    args: SetScanFolder,
) -> Answer<Option<String>> {
    if !args.ask {
        return Ok(desk.set_scan_folder(args).await?);
    }
    match where_to::ask_folder(&app, &window, "The scanner's folder").await {
        Some(path) => {
            let path = Some(path.to_string_lossy().into_owned());
            Ok(desk.set_scan_folder(SetScanFolder { path, ask: false }).await?)
        }
        // They thought better of it: what is watched is watched.
        None => Ok(desk.scans().await?.folder),
    }
}
