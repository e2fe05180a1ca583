//! What has changed, told to whoever listens: rows to those who ask for them, hints to the others.
//!
//! Owns: one room per clinic that somebody listens to. A commit here wakes its clinic's room at once; the room reads what
//! is new once for all listeners of the same grants, under row-level security, and each listener's queue is bounded.
//! Other nodes are told over Redis or PostgreSQL, a poll stands behind both and finds writers that tell nobody (psql, the
//! importer).
//! Must never: send a row that the listener is not granted in the snapshot it was read in, or hold up a commit: reading
//! happens after it, on another connection.
//! Called by: `apply` (touch) and `handlers/live.rs` (subscribe).

mod queue;
mod relay;
mod room;
mod stream;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use sqlx::postgres::PgPool;
use tokio::sync::{Notify, Semaphore, watch};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};

use crate::auth::Session;
use crate::config::Config;
use crate::db::error::describe;
use crate::db::{delta, feed};
use crate::metrics::Metrics;
use crate::seal::Seals;
use queue::{Next, Queue};
use relay::Relay;
use room::{Listener, Room};

pub(crate) use stream::Events;

/// The newest head of each feed of a clinic.
pub(crate) type Heads = BTreeMap<FeedClass, FeedSeq>;

/// Longest time of one turn of a room; a database that says nothing for so long is away.
const TURN: Duration = Duration::from_secs(20);

/// The one place where commits meet listeners.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    pool: PgPool,
    relay: Relay,
    rooms: Mutex<HashMap<ClinicId, Arc<Room>>>,
    /// Committed here: the other nodes must hear of it.
    ours: Mutex<BTreeSet<ClinicId>>,
    marked: Notify,
    /// Rooms that read at the same time.
    reads: Semaphore,
    delta_rows: usize,
    delta_bytes: usize,
    queue_bytes: usize,
    poll: Duration,
    metrics: Arc<Metrics>,
    /// What opens the rows that are read.
    seals: Seals,
    stopping: watch::Receiver<bool>,
}

impl Hub {
    /// Begins to publish; ends when `stopping` turns true.
    pub fn start(
        pool: PgPool,
        config: &Config,
        metrics: Arc<Metrics>,
        seals: Seals,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let hub = Self(Arc::new(Shared {
            relay: Relay::new(pool.clone(), config),
            pool,
            rooms: Mutex::default(),
            ours: Mutex::default(),
            marked: Notify::new(),
            reads: Semaphore::new(config.live_reads),
            delta_rows: config.delta_rows,
            delta_bytes: config.delta_bytes,
            queue_bytes: config.live_queue_bytes,
            poll: config.hint_poll,
            metrics,
            seals,
            stopping: stopping.clone(),
        }));
        tokio::spawn(until_stopped(stopping.clone(), hub.clone().tell_others(config.hint_merge)));
        tokio::spawn(until_stopped(stopping.clone(), hub.clone().poll()));
        let listening = hub.clone();
        tokio::spawn(until_stopped(stopping, async move {
            listening
                .0
                .relay
                .listen(listening.0.poll.min(Duration::from_secs(1)), |clinic| listening.look(clinic))
                .await;
        }));
        hub
    }

    /// A commit of this process touched a clinic's feeds.
    pub fn touch(&self, clinic: ClinicId) {
        self.look(clinic);
        lock(&self.0.ours).insert(clinic);
        self.0.marked.notify_one();
    }

    /// A clinic's feeds may have moved.
    fn look(&self, clinic: ClinicId) {
        if let Some(room) = lock(&self.0.rooms).get(&clinic) {
            room.woken.notify_one();
        }
    }

    /// A seat in the clinic's room: the heads first, then whatever is new. `wants` are the feeds whose rows are asked for.
    pub fn subscribe(&self, session: &Session, wants: Vec<FeedClass>) -> Seat {
        let listener = Arc::new(Listener {
            queue: Queue::new(self.0.queue_bytes),
            token: session.token,
            user: session.user,
            wants,
        });
        let mut rooms = lock(&self.0.rooms);
        let room = rooms.entry(session.clinic).or_insert_with(|| {
            let room = Arc::new(Room::new(session.clinic));
            tokio::spawn(self.clone().run(room.clone()));
            room
        });
        lock(&room.state).joining.push(listener.clone());
        room.woken.notify_one();
        let room = room.clone();
        drop(rooms);
        if *self.0.stopping.borrow() {
            listener.queue.end();
        }
        Seat { hub: self.clone(), room, listener }
    }

    /// Takes a room's turns until nobody is left in it.
    async fn run(self, room: Arc<Room>) {
        let mut stopping = self.0.stopping.clone();
        loop {
            tokio::select! {
                () = room.woken.notified() => {}
                _ = stopping.wait_for(|stop| *stop) => {
                    lock(&room.state).end();
                    return;
                }
            }
            if lock(&room.state).closed {
                return;
            }
            let failed = match tokio::time::timeout(TURN, room.turn(&self.0)).await {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => describe(&error),
                Err(_) => "took too long".to_owned(),
            };
            tracing::warn!(clinic = %room.clinic, cause = failed, "live rows not read");
            room.woken.notify_one();
            tokio::time::sleep(self.0.poll.min(Duration::from_secs(1))).await;
        }
    }

    /// Tells the other nodes what was committed here. The first commit goes out at once; those that follow it closely go
    /// out together.
    async fn tell_others(self, merge: Duration) {
        loop {
            self.0.marked.notified().await;
            let clinics = std::mem::take(&mut *lock(&self.0.ours));
            if !clinics.is_empty() {
                self.0.relay.tell(&clinics).await;
                tokio::time::sleep(merge).await;
            }
        }
    }

    /// Wakes the rooms whose feeds or whose listeners' access have moved without a word.
    async fn poll(self) {
        let mut tick = tokio::time::interval(self.0.poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.poll_once().await {
                tracing::warn!(cause = describe(&error), "heads not read");
            }
        }
    }

    async fn poll_once(&self) -> Result<(), sqlx::Error> {
        let rooms: Vec<Arc<Room>> = lock(&self.0.rooms).values().cloned().collect();
        if rooms.is_empty() {
            return Ok(());
        }
        let clinics: Vec<Uuid> = rooms.iter().map(|room| room.clinic.0).collect();
        let mut heads: BTreeMap<ClinicId, Heads> = BTreeMap::new();
        for (clinic, class, head) in feed::all_heads(&self.0.pool, &clinics).await? {
            heads.entry(clinic).or_default().insert(class, head);
        }
        let access: BTreeMap<ClinicId, i64> =
            delta::access_versions(&self.0.pool, &clinics).await?.into_iter().collect();
        let nothing = Heads::new();
        for room in rooms {
            let heads = heads.get(&room.clinic).unwrap_or(&nothing);
            if lock(&room.state).is_behind(heads, access.get(&room.clinic).copied()) {
                room.woken.notify_one();
            }
        }
        Ok(())
    }
}

/// A listener's place in its clinic's room; given up when dropped.
pub(crate) struct Seat {
    hub: Hub,
    room: Arc<Room>,
    listener: Arc<Listener>,
}

impl Seat {
    fn poll(&self, context: &Context<'_>) -> Poll<Option<Next>> {
        self.listener.queue.poll(context)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // The map first, as everywhere: nobody enters a room while it closes.
        let mut rooms = lock(&self.hub.0.rooms);
        let mut state = lock(&self.room.state);
        state.leave(&self.listener);
        if state.is_empty() && !state.closed {
            state.closed = true;
            rooms.remove(&self.room.clinic);
            self.room.woken.notify_one();
        }
    }
}

/// Works until the server stops.
pub(crate) async fn until_stopped(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// A panic elsewhere leaves these usable: what they hold is whole between two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
