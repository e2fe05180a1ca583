//! What one listener has not been sent yet: bounded in bytes, and when it is full, one hint a feed instead.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::live::Hint;

use super::{Heads, lock};
use crate::pull::delta::Step;

/// The next thing to send.
#[derive(Debug)]
pub(crate) enum Next {
    Hint(Hint),
    Rows(Step),
}

/// A listener's queue.
pub(crate) struct Queue {
    most_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The newest head of each feed that is told without its rows.
    hints: Heads,
    steps: VecDeque<Step>,
    bytes: usize,
    ended: bool,
    waker: Option<Waker>,
}

impl Queue {
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, state: Mutex::default() }
    }

    /// A feed has moved; the rows are to be pulled.
    pub fn hint(&self, feed: FeedClass, head: FeedSeq) {
        let mut state = lock(&self.state);
        state.hints.insert(feed, head);
        wake(state);
    }

    /// A feed has moved, and this is what changed. False when there is no room: then all that waits becomes hints.
    pub fn rows(&self, step: &Step) -> bool {
        let mut state = lock(&self.state);
        let fits = state.bytes + step.event.len() <= self.most_bytes;
        if fits {
            state.bytes += step.event.len();
            state.steps.push_back(step.clone());
        } else {
            state.bytes = 0;
            for old in std::mem::take(&mut state.steps) {
                state.hints.insert(old.feed, old.to);
            }
            state.hints.insert(step.feed, step.to);
        }
        wake(state);
        fits
    }

    /// Nothing more is sent, not even what waits.
    pub fn end(&self) {
        let mut state = lock(&self.state);
        *state = State { ended: true, waker: state.waker.take(), ..State::default() };
        wake(state);
    }

    /// The next thing, once there is one; `None` after the end.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Option<Next>> {
        let mut state = lock(&self.state);
        if state.ended {
            return Poll::Ready(None);
        }
        if let Some((feed, head)) = state.hints.pop_first() {
            return Poll::Ready(Some(Next::Hint(Hint { feed, head })));
        }
        if let Some(step) = state.steps.pop_front() {
            state.bytes -= step.event.len();
            return Poll::Ready(Some(Next::Rows(step)));
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

/// Wakes the listener's task, outside the lock.
fn wake(mut state: std::sync::MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(feed: FeedClass, to: u64) -> Step {
        Step { feed, from: FeedSeq(to - 1), to: FeedSeq(to), event: vec![b'x'; 100].into() }
    }

    fn drain(queue: &Queue) -> Vec<String> {
        let mut found = Vec::new();
        let context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(next)) = queue.poll(&context) {
            found.push(match next {
                Next::Hint(hint) => format!("hint {} {}", hint.feed.as_str(), hint.head.0),
                Next::Rows(step) => format!("rows {} {}", step.feed.as_str(), step.to.0),
            });
        }
        found
    }

    #[test]
    fn a_full_queue_becomes_one_hint_a_feed_and_goes_on_with_rows() {
        let queue = Queue::new(350);
        for to in 1..=3 {
            assert!(queue.rows(&step(FeedClass::Front, to)));
        }
        assert!(!queue.rows(&step(FeedClass::Ref, 9)), "400 bytes are more than 350");
        assert!(queue.rows(&step(FeedClass::Front, 4)));
        assert_eq!(drain(&queue), ["hint ref 9", "hint front 3", "rows front 4"]);
        assert!(drain(&queue).is_empty());
        assert!(queue.rows(&step(FeedClass::Front, 5)), "what was sent has made room");
        assert_eq!(drain(&queue), ["rows front 5"]);
    }

    #[test]
    fn an_ended_queue_sends_nothing_that_waited() {
        let queue = Queue::new(350);
        assert!(queue.rows(&step(FeedClass::Front, 1)));
        queue.hint(FeedClass::Ref, FeedSeq(1));
        queue.end();
        assert!(drain(&queue).is_empty());
        assert!(matches!(queue.poll(&Context::from_waker(Waker::noop())), Poll::Ready(None)));
    }
}
