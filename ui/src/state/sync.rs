//! What the *Sync* page shows, fetched only while somebody looks at it.

use leptos::prelude::*;
use wattle_domain::UtcInstant;
use wattle_protocol::ipc::sync::SyncPage;

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::live::Live;

/// A page that is open is fetched again so often even when nothing has moved.
const EVERY_MS: i64 = 10_000;

/// The page's facts, and the time that its ages count to.
#[derive(Clone, Copy)]
pub(crate) struct SyncFacts {
    /// The facts.
    pub(crate) page: Live<SyncPage>,
    /// The time, every ten seconds: a figure that counts up every second draws the eye for nothing.
    pub(crate) now: Memo<UtcInstant>,
}

impl SyncFacts {
    /// Begins to follow them.
    pub(crate) fn new(desk: Desk) -> Self {
        let now = Memo::new(move |_| UtcInstant(desk.now.get().0 / EVERY_MS * EVERY_MS));
        let page = Live::new(
            move || Some((now.get(), desk.sync.get(), desk.attention_moved())),
            |_| ipc::sync::sync_page(),
        );
        Self { page, now }
    }
}
