//! Places for work that is bounded, shared fairly between clinics; of those who are nobody yet, between networks.
//!
//! Owns: who goes next. Clinics take turns, each in the order in which its requests came; none holds more than its share,
//! so that what one clinic asks for never stands between another and the database. Whoever waits too long, or finds too
//! many waiting, is told when to come again, each at another time. And how much one may hold where nobody waits.
//! Must never: know what the work is.
//! Called by: `limits`, `apply`, `handlers`, `serve`.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use wattle_domain::ClinicId;
use wattle_protocol::ErrorCode;

use crate::error::ApiError;

/// How many there are, and how long to wait for one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Places in all.
    pub places: usize,
    /// Places of one holder.
    pub per_holder: usize,
    /// Requests of one holder that may wait.
    pub waiting_per_holder: usize,
    /// Longest wait.
    pub wait: Duration,
}

/// Whom places are counted for.
pub(crate) trait Holder: Copy + Eq + Hash {}
impl<K: Copy + Eq + Hash> Holder for K {}

/// Places for one kind of work.
#[derive(Clone)]
pub(crate) struct Places<K: Holder = ClinicId>(Arc<Shared<K>>);

struct Shared<K: Holder> {
    bounds: Bounds,
    state: Mutex<State<K>>,
    refused: AtomicU32,
}

struct State<K: Holder> {
    taken: usize,
    holding: HashMap<K, usize>,
    waiting: HashMap<K, VecDeque<oneshot::Sender<Place<K>>>>,
    /// Those who wait, in the order of their turns.
    turns: VecDeque<K>,
}

/// A place; given back when dropped.
pub(crate) struct Place<K: Holder = ClinicId>(Option<(Arc<Shared<K>>, K)>);

impl<K: Holder> Places<K> {
    pub fn new(bounds: Bounds) -> Self {
        let bounds = Bounds {
            places: bounds.places.max(1),
            per_holder: bounds.per_holder.clamp(1, bounds.places.max(1)),
            ..bounds
        };
        let state =
            State { taken: 0, holding: HashMap::new(), waiting: HashMap::new(), turns: VecDeque::new() };
        Self(Arc::new(Shared { bounds, state: Mutex::new(state), refused: AtomicU32::new(0) }))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `unavailable`, with a time to come again, when there is none in time.
    pub async fn enter(&self, holder: K) -> Result<Place<K>, ApiError> {
        let waits = {
            let mut state = self.0.lock();
            let queue = state.waiting.entry(holder).or_default();
            if queue.len() >= self.0.bounds.waiting_per_holder {
                drop(state);
                return Err(self.refuse("too many wait"));
            }
            let (sender, receiver) = oneshot::channel();
            queue.push_back(sender);
            if queue.len() == 1 {
                state.turns.push_back(holder);
            }
            Shared::hand_out(&self.0, &mut state);
            receiver
        };
        match tokio::time::timeout(self.0.bounds.wait, waits).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(self.refuse("no place in time")),
        }
    }

    fn refuse(&self, cause: &'static str) -> ApiError {
        let nth = self.0.refused.fetch_add(1, Ordering::Relaxed);
        let waiting: usize = self.0.lock().waiting.values().map(VecDeque::len).sum();
        ApiError::after(ErrorCode::Unavailable, spread(nth, waiting), cause)
    }
}

/// Seconds after which the nth refused should come again: spread evenly over a time that grows with how many wait, so
/// that those who were refused together do not come back together.
pub(crate) fn spread(nth: u32, waiting: usize) -> u32 {
    let over = u32::try_from(waiting / 100).unwrap_or(u32::MAX).clamp(4, 30);
    // The golden ratio's fraction: any few in a row are far apart.
    let fraction = nth.wrapping_mul(2_654_435_769);
    1 + u32::try_from((u64::from(fraction) * u64::from(over)) >> 32).unwrap_or(over)
}

impl<K: Holder> Shared<K> {
    /// A panic elsewhere leaves the state whole: it is changed in one go.
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free places to those whose turn it is.
    fn hand_out(shared: &Arc<Self>, state: &mut State<K>) {
        let mut passed = 0;
        while state.taken < shared.bounds.places && passed < state.turns.len() {
            let Some(holder) = state.turns.pop_front() else { return };
            if state.holding.get(&holder).is_some_and(|n| *n >= shared.bounds.per_holder) {
                // Its share is used; the turn goes on and it keeps its place in the round.
                state.turns.push_back(holder);
                passed += 1;
                continue;
            }
            let Some(queue) = state.waiting.get_mut(&holder) else { continue };
            let mut given = false;
            while let Some(next) = queue.pop_front() {
                match next.send(Place(Some((shared.clone(), holder)))) {
                    Ok(()) => {
                        given = true;
                        break;
                    }
                    // It does not wait any more; the place was never counted.
                    Err(mut place) => drop(place.0.take()),
                }
            }
            if queue.is_empty() {
                state.waiting.remove(&holder);
            } else {
                state.turns.push_back(holder);
            }
            if given {
                state.taken += 1;
                *state.holding.entry(holder).or_default() += 1;
                passed = 0;
            }
        }
    }
}

impl<K: Holder> Drop for Place<K> {
    fn drop(&mut self) {
        let Some((shared, holder)) = self.0.take() else { return };
        let mut state = shared.lock();
        state.taken -= 1;
        if let Some(held) = state.holding.get_mut(&holder) {
            *held -= 1;
            if *held == 0 {
                state.holding.remove(&holder);
            }
        }
        Shared::hand_out(&shared, &mut state);
    }
}

/// How much each may hold of what nobody waits for: who asks for more is told no at once.
pub(crate) struct Shares<K: Holder> {
    most: usize,
    held: Mutex<HashMap<K, usize>>,
}

/// A share; given back when dropped.
pub(crate) struct Share<K: Holder>(Arc<Shares<K>>, K);

impl<K: Holder> Shares<K> {
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// One more, unless the holder has as many as one may have.
    pub fn take(self: &Arc<Self>, holder: K) -> Option<Share<K>> {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(holder).or_default();
        if *held >= self.most {
            return None;
        }
        *held += 1;
        drop(all);
        Some(Share(self.clone(), holder))
    }
}

impl<K: Holder> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.1) {
            *held -= 1;
            if *held == 0 {
                all.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use uuid::Uuid;

    fn clinic(n: u128) -> ClinicId {
        ClinicId(Uuid::from_u128(n))
    }

    fn places(places: usize, per_holder: usize) -> Places {
        Places::new(Bounds { places, per_holder, waiting_per_holder: 1000, wait: Duration::from_secs(60) })
    }

    /// A request that waits; it has asked already.
    fn asks(places: &Places, n: u128) -> futures::future::BoxFuture<'static, Result<Place, ApiError>> {
        let places = places.clone();
        let mut waits = async move { places.enter(clinic(n)).await }.boxed();
        assert!((&mut waits).now_or_never().is_none(), "has to wait");
        waits
    }

    #[tokio::test]
    async fn a_flood_holds_another_clinic_up_by_one_turn() {
        let places = places(1, 1);
        let held = places.enter(clinic(1)).await.unwrap();
        let flood: Vec<_> = (0..500).map(|_| asks(&places, 1)).collect();
        let mut other = asks(&places, 2);
        drop(held);
        let mut served = 0;
        for waits in flood {
            let place = waits.await.unwrap();
            served += 1;
            drop(place);
            if let Some(place) = (&mut other).now_or_never() {
                assert!(place.is_ok());
                assert!(served <= 1, "{served} of the flood went first");
                return;
            }
        }
        panic!("the other clinic was never served");
    }

    #[tokio::test]
    async fn one_clinic_leaves_places_for_the_others() {
        let places = places(4, 3);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(places.enter(clinic(1)).await.unwrap());
        }
        let more = asks(&places, 1);
        let other = places.enter(clinic(2)).now_or_never().expect("at once").unwrap();
        drop(other);
        held.pop();
        drop(more.await.unwrap());
        drop(held);
        assert_eq!(places.0.lock().taken, 0);
        assert!(places.0.lock().holding.is_empty() && places.0.lock().waiting.is_empty());
    }

    #[tokio::test]
    async fn who_stops_waiting_costs_no_place() {
        let places = places(1, 1);
        let held = places.enter(clinic(1)).await.unwrap();
        let gone = asks(&places, 2);
        let stays = asks(&places, 3);
        drop(gone);
        drop(held);
        drop(stays.await.unwrap());
        assert!(places.enter(clinic(2)).now_or_never().is_some(), "the place is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_when_to_come_again() {
        let places = Places::new(Bounds {
            places: 1,
            per_holder: 1,
            waiting_per_holder: 1,
            wait: Duration::from_secs(5),
        });
        let _held = places.enter(clinic(1)).await.unwrap();
        let waits = asks(&places, 1);
        let crowded = places.enter(clinic(1)).now_or_never().expect("at once").err().unwrap();
        let late = waits.await.err().unwrap();
        for refusal in [crowded, late] {
            assert_eq!(refusal.code, ErrorCode::Unavailable);
            assert!(refusal.retry_after_s.is_some_and(|s| (1..=5).contains(&s)));
        }
    }

    #[test]
    fn the_refused_come_back_at_different_times() {
        let mut counts = std::collections::BTreeMap::new();
        for nth in 0..1000 {
            *counts.entry(spread(nth, 1000)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 10);
        assert!(counts.values().all(|n| (80..=120).contains(n)), "{counts:?}");
    }

    #[test]
    fn a_share_is_given_back_and_nobody_is_remembered() {
        let shares = Shares::new(2);
        let held = [shares.take('a').unwrap(), shares.take('a').unwrap()];
        assert!(shares.take('a').is_none(), "a third");
        assert!(shares.take('b').is_some(), "another holder");
        drop(held);
        assert!(shares.take('a').is_some());
        assert!(shares.held.lock().unwrap().is_empty());
    }
}
