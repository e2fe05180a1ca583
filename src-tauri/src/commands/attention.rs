//! *Needs attention*. See `wattle_protocol::ipc::attention`.

use wattle_domain::commands::ResolveConflict;
use wattle_protocol::ipc::{
    Written,
    attention::{AttentionItem, SetAside, TryAgain},
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

/// A rejected command was dealt with, or is put back on the list; it is kept.
#[tauri::command]
pub(crate) async fn set_aside(desk: Desk<'_>, args: SetAside) -> Answer<()> {
    Ok(desk.set_aside(args).await?)
}

/// Does again what rejected commands meant.
#[tauri::command]
pub(crate) async fn try_again(desk: Desk<'_>, args: TryAgain) -> Answer<()> {
    Ok(desk.try_again(args).await?)
}
