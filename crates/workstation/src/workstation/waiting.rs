//! The waiting room: see `wattle_protocol::ipc::waiting`.

use wattle_protocol::ipc::waiting::WaitingRoom;

use super::Workstation;
use crate::error::Error;

impl Workstation {
    /// Who is here, and who is expected today.
    ///
    /// # Errors
    /// [`Error::Locked`], or when the file cannot be read.
    pub async fn waiting_room(&self) -> Result<WaitingRoom, Error> {
        let now = self.now();
        self.read(move |store| store.waiting_room(now)).await
    }
}
