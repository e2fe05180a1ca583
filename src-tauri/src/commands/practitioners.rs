//! Who sees patients. See `wattle_protocol::ipc::practitioners`.

use wattle_domain::commands::{EditPractitioner, RecordPractitioner};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::practitioners::Roster;

use super::{Answer, Desk};

/// Everybody who sees patients or did.
#[tauri::command]
pub(crate) async fn practitioners(desk: Desk<'_>) -> Answer<Roster> {
    Ok(desk.practitioners().await?)
}

/// Somebody new.
#[tauri::command]
pub(crate) async fn record_practitioner(desk: Desk<'_>, args: RecordPractitioner) -> Answer<Written> {
    Ok(desk.record_practitioner(args).await?)
}

/// Changes fields of somebody, closes or opens their column.
#[tauri::command]
pub(crate) async fn edit_practitioner(desk: Desk<'_>, args: EditPractitioner) -> Answer<Written> {
    Ok(desk.edit_practitioner(args).await?)
}
