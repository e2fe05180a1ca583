//! Fetches that run ahead of the import.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::error::NoCopy;
use super::fetch::{Fetcher, Miss};

/// Some fetches side by side, awaited in order.
pub(super) struct Window {
    fetcher: Arc<Fetcher>,
    next: u32,
    total: u32,
    under_way: VecDeque<Fetch>,
}

/// A fetch, cut when nobody waits for it any more.
struct Fetch(JoinHandle<Result<(), Miss>>);

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Window {
    pub(super) fn new(fetcher: Arc<Fetcher>, total: u32) -> Self {
        Self { fetcher, next: 0, total, under_way: VecDeque::new() }
    }

    /// Starts fetches until so many are under way.
    pub(super) fn fill(&mut self, side_by_side: usize) {
        while self.under_way.len() < side_by_side.max(1) && self.next < self.total {
            self.under_way.push_back(self.start(self.next));
            self.next += 1;
        }
    }

    /// Waits for the oldest; it stays the oldest until [`Window::go_on`] or [`Window::again`]. May be dropped.
    pub(super) async fn oldest(&mut self) -> Result<Result<(), Miss>, NoCopy> {
        let fetch = self.under_way.front_mut().ok_or(NoCopy::Broken)?;
        Ok((&mut fetch.0).await?)
    }

    /// The oldest is done with.
    pub(super) fn go_on(&mut self) {
        self.under_way.pop_front();
    }

    /// The oldest must be fetched again.
    pub(super) fn again(&mut self, number: u32) {
        self.under_way.pop_front();
        let fetch = self.start(number);
        self.under_way.push_front(fetch);
    }

    fn start(&self, number: u32) -> Fetch {
        Fetch(tokio::spawn(Arc::clone(&self.fetcher).fetch(number)))
    }
}
