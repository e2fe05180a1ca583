//! One workstation as far as it is known here: where its file is, and what it has not sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use wattle_domain::{ClinicId, FeedClass, FeedSeq};
use wattle_protocol::session::Cursors;

/// A workstation that was heard of.
pub(crate) struct Desk {
    pub clinic: ClinicId,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    cursors: Cursors,
    outbox: u64,
    oldest_s: u64,
}

impl Desk {
    pub fn new(clinic: ClinicId) -> Self {
        Self { clinic, known: Mutex::default() }
    }

    /// It said where its file is.
    pub fn is_at(&self, cursors: &Cursors) {
        self.lock().cursors.clone_from(cursors);
    }

    /// It was sent a step of a feed; it takes it in when it was where the step begins.
    pub fn was_sent(&self, feed: FeedClass, from: FeedSeq, to: FeedSeq) {
        if let Some(cursor) = self.lock().cursors.get_mut(&feed).filter(|cursor| **cursor == from) {
            *cursor = to;
        }
    }

    /// It said what is in its outbox.
    pub fn keeps(&self, length: u64, oldest_s: Option<u64>) {
        let mut known = self.lock();
        known.outbox = length;
        known.oldest_s = if length == 0 { 0 } else { oldest_s.unwrap_or_default() };
    }

    /// Some of it was answered.
    pub fn sent(&self, commands: u64) {
        let mut known = self.lock();
        known.outbox = known.outbox.saturating_sub(commands);
        if known.outbox == 0 {
            known.oldest_s = 0;
        }
    }

    /// Commits that its file does not have, over all its feeds.
    pub fn lag(&self, heads: &Cursors) -> u64 {
        let behind = |(feed, cursor): (&FeedClass, &FeedSeq)| {
            heads.get(feed).map_or(0, |head| head.0.saturating_sub(cursor.0))
        };
        self.lock().cursors.iter().map(behind).sum()
    }

    /// Length of its outbox, and the age of the oldest command in it, seconds.
    pub fn outbox(&self) -> (u64, u64) {
        let known = self.lock();
        (known.outbox, known.oldest_s)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_step_counts_only_for_who_was_where_it_begins() {
        let desk = Desk::new(ClinicId(Uuid::nil()));
        let heads = Cursors::from([(FeedClass::Ref, FeedSeq(4)), (FeedClass::Front, FeedSeq(9))]);
        assert_eq!(desk.lag(&heads), 0, "nothing is known yet");
        desk.is_at(&Cursors::from([(FeedClass::Ref, FeedSeq(4)), (FeedClass::Front, FeedSeq(6))]));
        assert_eq!(desk.lag(&heads), 3);
        desk.was_sent(FeedClass::Front, FeedSeq(7), FeedSeq(8));
        assert_eq!(desk.lag(&heads), 3);
        desk.was_sent(FeedClass::Front, FeedSeq(6), FeedSeq(9));
        assert_eq!(desk.lag(&heads), 0);
    }

    #[test]
    fn an_empty_outbox_has_no_age() {
        let desk = Desk::new(ClinicId(Uuid::nil()));
        desk.keeps(5, Some(3600));
        desk.sent(3);
        assert_eq!(desk.outbox(), (2, 3600));
        desk.sent(3);
        assert_eq!(desk.outbox(), (0, 0));
    }
}
