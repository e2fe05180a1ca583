//! Hints that a feed has moved, from this process's commits and from others'.
//!
//! Owns: one newest set of heads per clinic that somebody listens to. A commit here marks its clinic; the marks of 10 ms
//! go out together, with one query for the heads and one NOTIFY for the other nodes. A poll stands behind it for
//! writers that tell nobody (psql, the importer).
//! Must never: carry a row, or hold up a commit: publishing happens after it, on another connection.
//! Called by: `apply` (touch) and `handlers/live.rs` (subscribe).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::{Notify, watch};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};

use crate::config::Config;
use crate::db::error::describe;
use crate::db::feed;

/// The newest head of each feed of a clinic.
pub(crate) type Heads = BTreeMap<FeedClass, FeedSeq>;

/// The channel between nodes; the payload is `NODE CLINIC`.
const CHANNEL: &str = "wattle_heads";

/// The one place where commits meet listeners.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    node: Uuid,
    pool: PgPool,
    listened: Mutex<HashMap<ClinicId, watch::Sender<Heads>>>,
    marks: Mutex<Marks>,
    marked: Notify,
}

#[derive(Default)]
struct Marks {
    /// Committed here: the other nodes must hear of it.
    ours: BTreeSet<ClinicId>,
    /// To look at only.
    others: BTreeSet<ClinicId>,
}

impl Hub {
    /// Begins to publish; ends when `stopping` turns true.
    pub fn start(pool: PgPool, config: &Config, stopping: watch::Receiver<bool>) -> Self {
        let hub = Self(Arc::new(Shared {
            node: Uuid::new_v4(),
            pool,
            listened: Mutex::default(),
            marks: Mutex::default(),
            marked: Notify::new(),
        }));
        let (merge, poll) = (config.hint_merge, config.hint_poll);
        tokio::spawn(until_stopped(stopping.clone(), hub.clone().publish(merge, poll)));
        tokio::spawn(until_stopped(stopping, hub.clone().listen(poll)));
        hub
    }

    /// A commit of this process touched a clinic's feeds.
    pub fn touch(&self, clinic: ClinicId) {
        lock(&self.0.marks).ours.insert(clinic);
        self.0.marked.notify_one();
    }

    /// The heads of a clinic, from now on.
    pub fn subscribe(&self, clinic: ClinicId) -> watch::Receiver<Heads> {
        let receiver = lock(&self.0.listened)
            .entry(clinic)
            .or_insert_with(|| watch::Sender::new(Heads::new()))
            .subscribe();
        // What was committed while nobody here listened.
        lock(&self.0.marks).others.insert(clinic);
        self.0.marked.notify_one();
        receiver
    }

    async fn publish(self, merge: Duration, poll: Duration) {
        let mut tick = tokio::time::interval(poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut look: BTreeSet<ClinicId> = BTreeSet::new();
            tokio::select! {
                () = self.0.marked.notified() => {}
                _ = tick.tick() => look = self.listened(),
            }
            let marks = std::mem::take(&mut *lock(&self.0.marks));
            look.extend(marks.ours.iter().chain(&marks.others));
            self.refresh(&look).await;
            self.tell_others(&marks.ours).await;
            // The first commit goes out at once; those that follow it closely go out together.
            if !marks.ours.is_empty() {
                tokio::time::sleep(merge).await;
            }
        }
    }

    /// The clinics that somebody listens to; those that nobody does any more are forgotten.
    fn listened(&self) -> BTreeSet<ClinicId> {
        let mut listened = lock(&self.0.listened);
        listened.retain(|_, heads| heads.receiver_count() > 0);
        listened.keys().copied().collect()
    }

    async fn refresh(&self, clinics: &BTreeSet<ClinicId>) {
        let wanted: Vec<Uuid> = {
            let listened = lock(&self.0.listened);
            clinics.iter().filter(|c| listened.contains_key(c)).map(|c| c.0).collect()
        };
        if wanted.is_empty() {
            return;
        }
        let found = match feed::all_heads(&self.0.pool, &wanted).await {
            Ok(found) => found,
            Err(error) => {
                // The poll comes again.
                tracing::warn!(cause = describe(&error), "heads not read");
                return;
            }
        };
        let listened = lock(&self.0.listened);
        for (clinic, class, head) in found {
            let Some(heads) = listened.get(&clinic) else { continue };
            heads.send_if_modified(|heads| {
                let newer = heads.get(&class).is_none_or(|old| *old < head);
                if newer {
                    heads.insert(class, head);
                }
                newer
            });
        }
    }

    async fn tell_others(&self, clinics: &BTreeSet<ClinicId>) {
        if clinics.is_empty() {
            return;
        }
        let payloads: Vec<String> = clinics.iter().map(|c| format!("{} {c}", self.0.node)).collect();
        let told = sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload")
            .bind(CHANNEL)
            .bind(payloads)
            .execute(&self.0.pool)
            .await;
        if let Err(error) = told {
            tracing::warn!(cause = describe(&error), "other nodes not told");
        }
    }

    /// Marks what other nodes committed.
    async fn listen(self, pause: Duration) {
        loop {
            if let Err(error) = self.listen_once().await {
                tracing::warn!(cause = describe(&error), "not listening to other nodes");
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn listen_once(&self) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.0.pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let told = listener.recv().await?;
            let Some((node, clinic)) = told.payload().split_once(' ') else { continue };
            if node == self.0.node.to_string() {
                continue;
            }
            if let Ok(clinic) = clinic.parse() {
                lock(&self.0.marks).others.insert(clinic);
                self.0.marked.notify_one();
            }
        }
    }
}

async fn until_stopped(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// A panic elsewhere leaves the map usable: it holds numbers that only grow.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
