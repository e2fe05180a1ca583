//! People and computers. See `wattle_protocol::admin`.

use wattle_protocol::admin::{Act, Done, Overview};

use super::{Answer, Desk};

/// Everybody, and every computer.
#[tauri::command]
pub(crate) async fn people(desk: Desk<'_>) -> Answer<Overview> {
    Ok(desk.people().await?)
}

/// Sees to one of them.
#[tauri::command]
pub(crate) async fn see_to(desk: Desk<'_>, args: Act) -> Answer<Done> {
    Ok(desk.see_to(args).await?)
}
