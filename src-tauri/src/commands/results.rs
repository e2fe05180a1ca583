//! The inbox of results. See `wattle_protocol::ipc::results`.

use wattle_domain::commands::{ActionResult, RecordResult};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::results::{Inbox, InboxQuery};

use super::{Answer, Desk};

/// What waits for somebody.
#[tauri::command]
pub(crate) async fn results(desk: Desk<'_>, args: InboxQuery) -> Answer<Inbox> {
    Ok(desk.results(args).await?)
}

/// A result came in.
#[tauri::command]
pub(crate) async fn record_result(desk: Desk<'_>, args: RecordResult) -> Answer<Written> {
    Ok(desk.record_result(args).await?)
}

/// Something was done about one.
#[tauri::command]
pub(crate) async fn action_result(desk: Desk<'_>, args: ActionResult) -> Answer<Written> {
    Ok(desk.action_result(args).await?)
}
