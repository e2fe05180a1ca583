//! How long to wait between tries, and when to give up.

use std::time::{Duration, Instant};

use super::Patience;
use super::error::{Meaning, NoCopy, meaning};
use crate::transport::Error;

/// Waits between tries, longer and longer until something comes again.
pub(super) struct Waits {
    patience: Patience,
    next: Duration,
    /// When something last came.
    moved_at: Instant,
}

impl Waits {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, next: patience.first_wait, moved_at: Instant::now() }
    }

    /// Something came at that time.
    pub(super) fn moved(&mut self, at: Instant) {
        if at > self.moved_at {
            self.moved_at = at;
            self.next = self.patience.first_wait;
        }
    }

    /// Waits after a fault that may pass; the fault itself when it will not, or when nothing came for too long.
    pub(super) async fn after(&mut self, error: Error) -> Result<(), NoCopy> {
        let said = match meaning(&error) {
            Meaning::Again(seconds) => seconds.map(|s| Duration::from_secs(s.into())),
            Meaning::Expired => None,
            Meaning::No => return Err(NoCopy::Unreachable(error)),
        };
        let wait = said.unwrap_or_default().max(self.next);
        if self.moved_at.elapsed() + wait > self.patience.without_progress {
            return Err(NoCopy::Unreachable(error));
        }
        self.next = (self.next * 2).min(self.patience.longest_wait);
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
