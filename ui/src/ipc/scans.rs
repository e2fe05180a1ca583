//! Scans that wait for a patient.

use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::documents::View;
use wattle_protocol::ipc::scans::{FileScan, PutScanAside, Scans, SetScanFolder, ViewScan};

use super::{Answer, ask, call};

/// `scans`.
pub(crate) async fn scans() -> Answer<Scans> {
    ask("scans").await
}

/// `scan_view`.
pub(crate) async fn scan_view(args: ViewScan) -> Answer<View> {
    call("scan_view", &args).await
}

/// `file_scan`.
pub(crate) async fn file_scan(args: FileScan) -> Answer<Written> {
    call("file_scan", &args).await
}

/// `put_scan_aside`.
pub(crate) async fn put_scan_aside(args: PutScanAside) -> Answer<()> {
    call("put_scan_aside", &args).await
}

/// `set_scan_folder`.
pub(crate) async fn set_scan_folder(args: SetScanFolder) -> Answer<Option<String>> {
    call("set_scan_folder", &args).await
}
