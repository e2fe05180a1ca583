//! What many files missed alike, read once: when a line or a server comes back, all desks of a clinic ask for the same
//! commits.
//!
//! A step of a feed from one number to another is the same bytes for whoever is granted the feed, because row-level security
//! asks for nothing else. Whoever is given it has seen, in a snapshot of their own, that they are granted the feed and that
//! the feed stands where the step ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};

/// A step is let go after so long: who came back together has it by then.
const KEPT_FOR: Duration = Duration::from_secs(10);
/// Bytes of all steps; the oldest are let go first.
const MOST_BYTES: usize = 32 << 20;
/// Changes of a step that is kept.
pub(super) const MOST_CHANGES: i64 = 2_000;
/// Bytes of a step that is kept.
pub(super) const MOST_STEP_BYTES: usize = 4 << 20;

/// The commits of one feed after a cursor, up to its head.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missed {
    pub clinic: ClinicId,
    pub epoch: String,
    pub feed: FeedClass,
    pub after: FeedSeq,
    pub to: FeedSeq,
}

/// The frames of a step, once somebody has read them; `None` when they are too much to keep. Who comes while it is being
/// read waits for it.
pub(super) type Kept = Arc<OnceCell<Option<Bytes>>>;

/// The steps of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<BTreeMap<Missed, (Instant, Kept)>>);

impl Recent {
    /// The place of a step.
    pub(super) fn step(&self, missed: Missed) -> Kept {
        let now = Instant::now();
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.retain(|_, (since, _)| now.duration_since(*since) < KEPT_FOR);
        let bytes = |step: &Kept| step.get().and_then(Option::as_ref).map_or(0, Bytes::len);
        while steps.values().map(|(_, step)| bytes(step)).sum::<usize>() > MOST_BYTES {
            let oldest = steps.iter().min_by_key(|(_, (since, _))| *since).map(|(missed, _)| missed.clone());
            match oldest {
                Some(oldest) => steps.remove(&oldest),
                None => break,
            };
        }
        steps.entry(missed).or_insert_with(|| (now, Kept::default())).1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn missed(clinic: u128, to: u64) -> Missed {
        let (clinic, feed) = (ClinicId(Uuid::from_u128(clinic)), FeedClass::Front);
        Missed { clinic, epoch: "e".to_owned(), feed, after: FeedSeq(1), to: FeedSeq(to) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_read_once_and_let_go_after_a_while() {
        let recent = Recent::default();
        recent.step(missed(1, 5)).set(Some(Bytes::from_static(b"rows"))).unwrap();
        assert!(recent.step(missed(1, 5)).get().is_some());
        for other in [missed(2, 5), missed(1, 6), Missed { epoch: "f".to_owned(), ..missed(1, 5) }] {
            assert!(recent.step(other).get().is_none());
        }
        tokio::time::advance(KEPT_FOR).await;
        assert!(recent.step(missed(1, 5)).get().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_make_room() {
        let recent = Recent::default();
        let big = Bytes::from(vec![0; MOST_STEP_BYTES]);
        let most = u64::try_from(MOST_BYTES / MOST_STEP_BYTES).unwrap();
        for to in 2..=most + 2 {
            recent.step(missed(1, to)).set(Some(big.clone())).unwrap();
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(recent.step(missed(1, most + 2)).get().is_some(), "the newest");
        assert!(recent.step(missed(1, 2)).get().is_none(), "the oldest has gone");
    }
}
