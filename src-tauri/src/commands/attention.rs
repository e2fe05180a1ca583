//! *Needs attention*. See `wattle_protocol::ipc::attention`.

use wattle_domain::commands::ResolveConflict;
use wattle_protocol::ipc::{
    Written,
    attention::{AttentionItem, SetAside},
};

use super::{Answer, Desk};

/// What somebody must look at.
#[tauri::command]
pub(crate) async fn attention(desk: Desk<'_>) -> Answer<Vec<AttentionItem>> {
    Ok(desk.attention().await?)
}

/// Chooses one of two values.
#[tauri::command]
pub(crate) async fn resolve_conflict(desk: Desk<'_>, args: ResolveConflict) -> Answer<Written> {
    Ok(desk.resolve_conflict(args).await?)
}

/// A rejected command was dealt with; it is kept.
#[tauri::command]
pub(crate) async fn set_aside(desk: Desk<'_>, args: SetAside) -> Answer<()> {
    Ok(desk.set_aside(args).await?)
}
