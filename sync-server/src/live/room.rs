//! A clinic that somebody listens to: its listeners by what they are granted, and the turns that tell them.
//!
//! A turn is one snapshot. In it the heads are read, whether anybody's access has changed, and what changed in each feed
//! that somebody wants the rows of, under row-level security as somebody who is granted that feed. What a row-level
//! policy asks is the feed, so every listener who is granted it gets the same bytes; what a listener is sent is thus what
//! it was granted at the very moment of the rows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq, UserId};

use super::queue::Queue;
use super::{Heads, Shared, lock};
use crate::db::delta::{Look, Snapshot};
use crate::pull::delta::{Step, Wanted, steps};

/// One live stream, as the room has it.
pub(crate) struct Listener {
    pub queue: Queue,
    /// The id of its access token.
    pub token: Uuid,
    pub user: UserId,
    /// Feeds whose rows it asks for.
    pub wants: Vec<FeedClass>,
}

/// A clinic's listeners.
pub(super) struct Room {
    pub clinic: ClinicId,
    pub woken: Notify,
    pub state: Mutex<State>,
}

/// The cause is logged where the key could not be had.
fn unkeyed(_: crate::error::ApiError) -> sqlx::Error {
    sqlx::Error::Protocol("no key".to_owned())
}

#[derive(Default)]
pub(super) struct State {
    /// Came since the last turn: they get the heads first.
    pub joining: Vec<Arc<Listener>>,
    groups: BTreeMap<Vec<FeedClass>, Vec<Arc<Listener>>>,
    /// As of the last turn; `None` before the first.
    told: Option<Told>,
    /// Nobody is left, and the room is no longer to be found.
    pub closed: bool,
}

struct Told {
    epoch: String,
    access: i64,
    heads: Heads,
}

/// Feeds to read in somebody's name.
struct Reader {
    /// What that somebody is granted.
    classes: Vec<FeedClass>,
    user: UserId,
    feeds: BTreeMap<FeedClass, (FeedSeq, FeedSeq)>,
}

impl State {
    pub fn is_empty(&self) -> bool {
        self.joining.is_empty() && self.groups.is_empty()
    }

    pub fn leave(&mut self, listener: &Arc<Listener>) {
        self.joining.retain(|l| !Arc::ptr_eq(l, listener));
        for group in self.groups.values_mut() {
            group.retain(|l| !Arc::ptr_eq(l, listener));
        }
        self.groups.retain(|_, group| !group.is_empty());
    }

    /// Somebody of each group, who is granted the most first.
    fn by_grants(&self) -> Vec<(&Vec<FeedClass>, &Listener)> {
        let somebodies = self.groups.iter().filter_map(|(classes, group)| Some((classes, &**group.first()?)));
        let mut all: Vec<_> = somebodies.collect();
        all.sort_by_key(|(classes, _)| std::cmp::Reverse(classes.len()));
        all
    }

    /// Who most likely reads the next step, and after which cursors: somebody of those who are granted the most, of the
    /// feeds that somebody of any group wants the rows of.
    fn likely(&self) -> (Option<UserId>, Heads) {
        let by_grants = self.by_grants();
        let Some((classes, somebody)) = by_grants.first() else { return (None, Heads::new()) };
        let Some(told) = &self.told else { return (Some(somebody.user), Heads::new()) };
        let wants = |feed| self.groups.values().flatten().any(|listener| listener.wants.contains(feed));
        let from = |feed: &FeedClass| (*feed, told.heads.get(feed).copied().unwrap_or_default());
        (Some(somebody.user), classes.iter().filter(|feed| wants(feed)).map(from).collect())
    }

    /// Ends every stream.
    pub fn end(&self) {
        self.joining.iter().chain(self.groups.values().flatten()).for_each(|l| l.queue.end());
    }

    /// Whether the poll has found something that no turn has told.
    pub fn is_behind(&self, heads: &Heads, access: Option<i64>) -> bool {
        let Some(told) = &self.told else { return true };
        !self.joining.is_empty() || told.heads != *heads || access.is_some_and(|a| a != told.access)
    }
}

impl Room {
    pub fn new(clinic: ClinicId) -> Self {
        Self { clinic, woken: Notify::new(), state: Mutex::default() }
    }

    /// Reads and tells what is new. After an error nobody has missed anything: the next turn begins where the last good
    /// one ended.
    pub async fn turn(&self, shared: &Shared) -> Result<(), sqlx::Error> {
        let joining = lock(&self.state).joining.clone();
        let tokens: Vec<Uuid> = joining.iter().map(|l| l.token).collect();
        let _place = shared.reads.acquire().await;
        let (likely, after) = lock(&self.state).likely();
        let mut snapshot = Snapshot::begin(&shared.pool, self.clinic, likely).await?;
        let mut look = snapshot.look(&after, shared.delta_rows).await?;
        let granted = snapshot.granted(&tokens).await?;
        let moved = self.moved(&look);
        if lock(&self.state).told.as_ref().is_some_and(|told| told.access != look.access) {
            let all: Vec<Uuid> = lock(&self.state).groups.values().flatten().map(|l| l.token).collect();
            let granted = snapshot.granted(&all).await?;
            self.end_changed(&granted);
        }
        let readers = self.readers(&moved);
        // Only who reads rows needs the clinic's key.
        let generation = look.generation.filter(|_| !readers.is_empty());
        let sealer = shared.seals.at(self.clinic, generation).await.map_err(unkeyed)?;
        for reader in readers {
            let is_likely = likely == Some(reader.user) && reader.feeds.keys().all(|f| after.contains_key(f));
            let wanted = Wanted {
                sealer: &sealer,
                user: reader.user,
                classes: &reader.classes,
                epoch: &look.epoch,
                moved: &reader.feeds,
                most_rows: shared.delta_rows,
                most_bytes: shared.delta_bytes,
                ahead: is_likely.then(|| std::mem::take(&mut look.ahead)),
            };
            let steps = steps(&mut snapshot, wanted).await?;
            shared.metrics.delta_read(steps.len());
            self.tell(shared, &reader.feeds, &steps);
        }
        self.tell_hints(&moved);
        self.welcome(&joining, &granted, look);
        snapshot.finish().await
    }

    /// The feeds that have moved since the last turn. Another epoch has nothing to do with what was told: whoever
    /// listens must begin with a session again.
    fn moved(&self, look: &Look) -> BTreeMap<FeedClass, (FeedSeq, FeedSeq)> {
        let mut state = lock(&self.state);
        let Some(told) = &state.told else { return BTreeMap::new() };
        if told.epoch != look.epoch {
            state.groups.values().flatten().for_each(|l| l.queue.end());
            state.groups.clear();
            return BTreeMap::new();
        }
        let from = |feed| told.heads.get(feed).copied().unwrap_or_default();
        let steps = look.heads.iter().map(|(feed, head)| (*feed, (from(feed), *head)));
        steps.filter(|(_, (from, to))| to > from).collect()
    }

    /// Ends the streams whose grants are not what they were: their owners begin with a session again.
    fn end_changed(&self, granted: &BTreeMap<Uuid, Vec<FeedClass>>) {
        let mut state = lock(&self.state);
        for (classes, group) in &mut state.groups {
            group.retain(|listener| {
                let same = granted.get(&listener.token) == Some(classes);
                if !same {
                    listener.queue.end();
                }
                same
            });
        }
        state.groups.retain(|_, group| !group.is_empty());
    }

    /// Who reads the moved feeds that somebody wants the rows of: as few as there can be, so those who are granted the
    /// most come first.
    fn readers(&self, moved: &BTreeMap<FeedClass, (FeedSeq, FeedSeq)>) -> Vec<Reader> {
        let state = lock(&self.state);
        let mut left: BTreeMap<_, _> = moved
            .iter()
            .filter(|(feed, _)| {
                state.groups.iter().any(|(classes, group)| {
                    classes.contains(feed) && group.iter().any(|listener| listener.wants.contains(feed))
                })
            })
            .map(|(feed, step)| (*feed, *step))
            .collect();
        let mut readers = Vec::new();
        for (classes, somebody) in state.by_grants() {
            let (feeds, others) = left.into_iter().partition(|(feed, _)| classes.contains(feed));
            left = others;
            let feeds: BTreeMap<_, _> = feeds;
            if !feeds.is_empty() {
                readers.push(Reader { classes: classes.clone(), user: somebody.user, feeds });
            }
        }
        readers
    }

    /// Gives everybody who is granted a feed and wants its rows the step that was read of it; where the rows are too many,
    /// a hint.
    fn tell(&self, shared: &Shared, moved: &BTreeMap<FeedClass, (FeedSeq, FeedSeq)>, steps: &[Step]) {
        let state = lock(&self.state);
        for (classes, group) in &state.groups {
            for (feed, (_, to)) in moved.iter().filter(|(feed, _)| classes.contains(feed)) {
                let step = steps.iter().find(|step| step.feed == *feed);
                for listener in group.iter().filter(|listener| listener.wants.contains(feed)) {
                    match step {
                        Some(step) if listener.queue.rows(step) => {}
                        Some(_) => shared.metrics.queue_overflowed(),
                        None => listener.queue.hint(*feed, *to),
                    }
                }
            }
        }
    }

    /// Hints for those who do not want the rows.
    fn tell_hints(&self, moved: &BTreeMap<FeedClass, (FeedSeq, FeedSeq)>) {
        let state = lock(&self.state);
        for (classes, group) in &state.groups {
            for listener in group {
                for (feed, (_, to)) in moved {
                    if classes.contains(feed) && !listener.wants.contains(feed) {
                        listener.queue.hint(*feed, *to);
                    }
                }
            }
        }
    }

    /// Seats those who came with what they are granted, and notes how far everybody has been told.
    fn welcome(&self, joining: &[Arc<Listener>], granted: &BTreeMap<Uuid, Vec<FeedClass>>, look: Look) {
        let mut state = lock(&self.state);
        for listener in joining {
            // Who has gone meanwhile is in nobody's list any more.
            let before = state.joining.len();
            state.joining.retain(|l| !Arc::ptr_eq(l, listener));
            if state.joining.len() == before {
                continue;
            }
            let Some(classes) = granted.get(&listener.token) else {
                listener.queue.end();
                continue;
            };
            for (feed, head) in look.heads.iter().filter(|(feed, _)| classes.contains(feed)) {
                listener.queue.hint(*feed, *head);
            }
            state.groups.entry(classes.clone()).or_default().push(listener.clone());
        }
        state.told = Some(Told { epoch: look.epoch, access: look.access, heads: look.heads });
    }
}
