//! A clock that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use wattle_domain::UtcInstant;
use wattle_domain::time::Clock;

#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Monday 23 November 2026, 9 o'clock in Sydney.
    pub fn monday() -> Self {
        Self(Arc::new(AtomicI64::new(1_795_384_800_000)))
    }

    pub fn forward_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UtcInstant {
        UtcInstant(self.0.load(Ordering::SeqCst))
    }
}
