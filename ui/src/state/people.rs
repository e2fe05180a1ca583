//! The clinic's people and computers as the server has them, fetched while somebody looks, and what is done to them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::{UserId, WorkstationId};
use wattle_protocol::admin::{Act, Done, Overview};

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::live::Live;

/// What others do, and what a computer answers, shows within this time: somebody who has just had one wiped waits for it.
const EVERY_MS: i64 = 5_000;

/// What stands open on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Nothing.
    Nothing,
    /// The form of somebody new.
    New,
    /// The roles of somebody.
    Person(UserId),
    /// The question whether a computer should be wiped.
    Wipe(WorkstationId),
    /// The form for the code that a new computer shows.
    Approve,
    /// A code that was made just now; it is shown once.
    Code(String),
}

/// The page.
#[derive(Clone, Copy)]
pub(crate) struct People {
    desk: Desk,
    /// As the server has them.
    pub(crate) overview: Live<Overview>,
    /// What stands open.
    pub(crate) open: RwSignal<Open>,
    /// An act is on its way.
    pub(crate) busy: RwSignal<bool>,
    done: RwSignal<u32>,
}

impl People {
    /// Begins to follow them: again every five seconds, and after each act.
    pub(crate) fn new(desk: Desk) -> Self {
        let done = RwSignal::new(0);
        let tick = Memo::new(move |_| desk.now.get().0 / EVERY_MS);
        let overview = Live::new(move || Some((tick.get(), done.get())), |_| ipc::people::people());
        Self { desk, overview, open: RwSignal::new(Open::Nothing), busy: RwSignal::new(false), done }
    }

    /// Does one thing; says so where the lists do not show it, and what then stands open.
    pub(crate) fn see_to(self, act: Act, said: &'static str, then: impl FnOnce(Done) -> Open + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match ipc::people::see_to(act).await {
                Ok(done) => {
                    if !said.is_empty() {
                        self.desk.toasts.done(said, Vec::new());
                    }
                    self.open.try_set(then(done));
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            self.busy.try_set(false);
            self.done.try_update(|n| *n += 1);
        });
    }
}
