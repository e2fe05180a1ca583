//! Who is here.

use leptos::prelude::*;
use wattle_protocol::ipc::waiting::WaitingRoom;

use crate::ipc;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;

/// The waiting room, always fresh: the rail shows how many wait.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    /// Today's people.
    pub(crate) room: Live<WaitingRoom>,
}

impl Waiting {
    /// Begins to follow it.
    pub(crate) fn new(desk: Desk) -> Self {
        let room = Live::new(
            move || matches!(desk.stage.get(), Stage::Desk(_)).then(|| (desk.today.get(), desk.book_moved())),
            |_| ipc::waiting::waiting_room(),
        );
        Self { room }
    }

    /// How many wait.
    pub(crate) fn count(self) -> usize {
        self.room.value.with(|room| room.as_ref().map_or(0, |r| r.waiting.len()))
    }
}
