//! What somebody must look at.

use leptos::prelude::*;
use wattle_protocol::ipc::attention::AttentionItem;

use crate::ipc;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;

/// The list, always fresh: the rail shows how many.
#[derive(Clone, Copy)]
pub(crate) struct Attention {
    /// The items.
    pub(crate) items: Live<Vec<AttentionItem>>,
}

impl Attention {
    /// Begins to follow it.
    pub(crate) fn new(desk: Desk) -> Self {
        let items = Live::new(
            move || matches!(desk.stage.get(), Stage::Desk(_)).then(|| desk.attention_moved()),
            |_| ipc::attention::attention(),
        );
        Self { items }
    }

    /// How many.
    pub(crate) fn count(self) -> usize {
        self.items.value.with(|items| items.as_ref().map_or(0, Vec::len))
    }
}
