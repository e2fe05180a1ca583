//! Carries out what the machine wants, on tokio, with a real file and a real server.
//!
//! Owns: one task that feeds the machine, a task per piece of work, the timers, the channels that others watch.
//! Must never: decide anything ([`crate::machine`] does), block the runtime (the store is called on blocking threads), end
//! a store's write in the middle.
//! Called by: `workstation`.

mod compare;
mod context;
mod engine;
mod first_copy;
mod live;
mod pull;
mod tokens;
mod work;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use wattle_domain::time::Clock;
use wattle_local_store::Store;
use wattle_protocol::ipc::session::{Progress, SyncState};

use crate::image::Ready;
use crate::machine::Config;
use crate::transport::Transport;

pub use first_copy::FirstCopy;
pub use tokens::Tokens;

/// A running engine. Dropping it stops it in the background; [`Driver::stop`] waits for that.
#[derive(Debug)]
pub struct Driver {
    calls: Arc<Calls>,
    stopping: watch::Sender<bool>,
    sync_state: watch::Receiver<SyncState>,
    first_sync: watch::Receiver<Option<Progress>>,
    damaged: watch::Receiver<bool>,
    profile_changed: watch::Receiver<bool>,
    copied: watch::Receiver<bool>,
    shelf: first_copy::Shelf,
    /// Its sender goes with the engine.
    running: watch::Receiver<()>,
}

/// What others tell the engine; several of one kind count as one.
#[derive(Debug, Default)]
struct Calls {
    nudge: Notify,
    wake: Notify,
    signed_in: Notify,
    check: Notify,
}

impl Driver {
    /// Starts the engine for an open file and a person who is signed in.
    ///
    /// `config` is [`Config::new`] with the app's version and a seed that differs from workstation to workstation.
    #[must_use]
    pub fn start(
        store: Store,
        transport: Transport,
        tokens: Arc<dyn Tokens>,
        clock: Arc<dyn Clock>,
        config: Config,
        handle: &Handle,
    ) -> Self {
        Self::start_with_image(store, transport, tokens, clock, config, None, handle)
    }

    /// As [`Driver::start`]; with `copy` an image is tried first, and rows are streamed only when there is none to be had.
    /// When [`Driver::copied`] turns true, the engine rests: stop it, close the store, and put [`Driver::take_copy`] in its
    /// place.
    #[must_use]
    pub fn start_with_image(
        store: Store,
        transport: Transport,
        tokens: Arc<dyn Tokens>,
        clock: Arc<dyn Clock>,
        config: Config,
        copy: Option<FirstCopy>,
        handle: &Handle,
    ) -> Self {
        let calls = Arc::new(Calls::default());
        let (stopping, stop) = watch::channel(false);
        let (sync_state_tx, sync_state) = watch::channel(not_yet());
        let (first_sync_tx, first_sync) = watch::channel(None);
        let (damaged_tx, damaged) = watch::channel(false);
        let (profile_changed_tx, profile_changed) = watch::channel(false);
        let (running_tx, running) = watch::channel(());
        let context = context::Context {
            store,
            transport,
            tokens,
            clock: Arc::clone(&clock),
            app_version: config.app_version.clone(),
            first_sync: first_sync_tx,
            damaged: damaged_tx,
            profile_changed: profile_changed_tx,
            rotation: compare::Rotation::new(),
            looks: AtomicU64::new(0),
        };
        let calls_in = Arc::clone(&calls);
        let shelf = first_copy::Shelf::default();
        let (copied_tx, copied) = watch::channel(false);
        let shelf_in = shelf.clone();
        handle.spawn(async move {
            if let Some(copy) = copy {
                let mut stop = stop.clone();
                let (transport, tokens) = (&context.transport, &context.tokens);
                let arrived = tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => return,
                    arrived = first_copy::run(copy, transport, tokens, &context.first_sync, &shelf_in) => arrived,
                };
                if arrived {
                    copied_tx.send_replace(true);
                    let _ = stop.wait_for(|stop| *stop).await;
                    return;
                }
            }
            engine::run(context, config, clock, calls_in, stop, sync_state_tx).await;
            drop(running_tx);
        });
        Self { calls, stopping, sync_state, first_sync, damaged, profile_changed, copied, shelf, running }
    }

    /// The state that is always on the screen.
    #[must_use]
    pub fn sync_state(&self) -> watch::Receiver<SyncState> {
        self.sync_state.clone()
    }

    /// How far a feed that is sent whole has come; `None` when there is none on its way.
    #[must_use]
    pub fn first_sync(&self) -> watch::Receiver<Option<Progress>> {
        self.first_sync.clone()
    }

    /// Turns true when the file turned out to be damaged: stop, set it aside, recover the outbox.
    #[must_use]
    pub fn damaged(&self) -> watch::Receiver<bool> {
        self.damaged.clone()
    }

    /// Turns true when the person's roles grant other feeds than the file may hold: they must sign out and in again, into
    /// the file of the other profile. What is unsent stays in this one and goes out when it is open.
    #[must_use]
    pub fn profile_changed(&self) -> watch::Receiver<bool> {
        self.profile_changed.clone()
    }

    /// Turns true when an image has become a complete file beside the open one.
    #[must_use]
    pub fn copied(&self) -> watch::Receiver<bool> {
        self.copied.clone()
    }

    /// That file, once.
    #[must_use]
    pub fn take_copy(&self) -> Option<Ready> {
        self.shelf.take()
    }

    /// The outbox, or what needs attention, has changed.
    pub fn nudge(&self) {
        self.calls.nudge.notify_one();
    }

    /// The network came back, or a person asked to sync now: no back-off of ours is waited for.
    pub fn online_again(&self) {
        self.calls.wake.notify_one();
    }

    /// Compares all of the file with the server, as soon as that can be reached, and mends what differs.
    pub fn check_now(&self) {
        self.calls.check.notify_one();
    }

    /// The person has signed in at the server anew: [`Tokens`] has new ones.
    pub fn signed_in(&self) {
        self.calls.signed_in.notify_one();
    }

    /// Stops the engine and waits until it has let go of the file. Work that was out is cut; nothing is lost by it.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut running = self.running.clone();
        while running.changed().await.is_ok() {}
    }
}

fn not_yet() -> SyncState {
    SyncState::default()
}
