//! The inbox of results.

use leptos::prelude::*;
use wattle_domain::{InboxItemId, PractitionerId};
use wattle_protocol::ipc::results::{Inbox, InboxLine, InboxQuery};

use crate::ipc;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;
use crate::state::record::MAY_READ;

/// What waits for somebody, always fresh: the rail shows how much.
#[derive(Clone, Copy)]
pub(crate) struct Results {
    /// What waits.
    pub(crate) inbox: Live<Inbox>,
    /// Whose; of everybody if none.
    pub(crate) whose: RwSignal<Option<PractitionerId>>,
    /// The one that is looked at.
    pub(crate) open: RwSignal<Option<InboxItemId>>,
}

impl Results {
    /// Begins to follow it, for those who may read records. A practitioner begins with their own.
    pub(crate) fn new(desk: Desk) -> Self {
        let mine = desk.session.with_untracked(|s| s.as_ref().and_then(|s| s.practitioner_id));
        let whose = RwSignal::new(mine);
        let inbox = Live::new(
            move || {
                let here = matches!(desk.stage.get(), Stage::Desk(_)) && desk.may(MAY_READ);
                here.then(|| (whose.get(), desk.record_moved()))
            },
            |(practitioner_id, _)| ipc::results::results(InboxQuery { practitioner_id }),
        );
        Self { inbox, whose, open: RwSignal::new(None) }
    }

    /// The one in hand: the one that was chosen, else the first.
    pub(crate) fn in_hand(self) -> Option<InboxLine> {
        let id = self.open.get();
        self.inbox.value.with(|inbox| {
            let items = &inbox.as_ref()?.items;
            items.iter().find(|line| Some(line.item.id) == id).or(items.first()).cloned()
        })
    }

    /// Takes the one after into the hand, or the one before; which.
    pub(crate) fn step(self, forth: bool) -> Option<InboxItemId> {
        let now = untrack(move || self.in_hand())?.item.id;
        let next = self.inbox.value.with_untracked(|inbox| {
            let items = &inbox.as_ref()?.items;
            let at = items.iter().position(|line| line.item.id == now)?;
            let next = if forth { at + 1 } else { at.checked_sub(1)? };
            items.get(next).map(|line| line.item.id)
        })?;
        self.open.set(Some(next));
        Some(next)
    }

    /// How many wait for whom one looks.
    pub(crate) fn count(self) -> usize {
        self.inbox.value.with(|inbox| inbox.as_ref().map_or(0, |inbox| inbox.items.len()))
    }
}
