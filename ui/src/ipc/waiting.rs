//! The waiting room.

use wattle_protocol::ipc::waiting::WaitingRoom;

use super::{Answer, ask};

/// `waiting_room`.
pub(crate) async fn waiting_room() -> Answer<WaitingRoom> {
    ask("waiting_room").await
}
