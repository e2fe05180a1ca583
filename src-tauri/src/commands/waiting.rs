//! The waiting room. See `wattle_protocol::ipc::waiting`.

use wattle_protocol::ipc::waiting::WaitingRoom;

use super::{Answer, Desk};

/// Who is here.
#[tauri::command]
pub(crate) async fn waiting_room(desk: Desk<'_>) -> Answer<WaitingRoom> {
    Ok(desk.waiting_room().await?)
}
