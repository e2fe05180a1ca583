//! Live streams: who listens, and what they are told after a commit.

use wattle_domain::{FeedClass, FeedSeq, UserId};
use wattle_protocol::live::{Delta, Hint};
use wattle_protocol::session::Cursors;

use super::{Caller, Server};

/// One stream.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its number.
    pub stream: u64,
    /// Of which clinic.
    pub clinic: usize,
    /// Whose.
    pub user: UserId,
    /// The feeds whose rows are wanted; `None`: hints only.
    pub rows: Option<Vec<FeedClass>>,
    /// What was granted when it opened; another grant ends it.
    pub granted: Vec<FeedClass>,
    /// How far it was told.
    pub told: Cursors,
}

/// What a stream brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A feed has moved.
    Hint(Hint),
    /// And these are the rows.
    Delta(Delta),
    /// The server ends the stream.
    End,
}

impl Server {
    /// Opens a stream.
    pub fn listen(&mut self, stream: u64, caller: Caller, rows: Option<Vec<FeedClass>>) {
        let granted = self.granted(caller.clinic, caller.user);
        let heads = self.database.clinic(caller.clinic).heads(&granted);
        let told = heads.iter().map(|h| (h.feed, h.head)).collect();
        self.listeners.push(Listener {
            stream,
            clinic: caller.clinic,
            user: caller.user,
            rows,
            granted,
            told,
        });
    }

    /// What every stream is to be told now.
    pub fn publish(&mut self) -> Vec<(u64, Vec<Word>)> {
        let epoch = self.database.epoch();
        let mut said = Vec::new();
        let mut listeners = std::mem::take(&mut self.listeners);
        listeners.retain_mut(|listener| {
            if self.granted(listener.clinic, listener.user) != listener.granted {
                said.push((listener.stream, vec![Word::End]));
                return false;
            }
            let words = self.words(listener, &epoch);
            if !words.is_empty() {
                said.push((listener.stream, words));
            }
            true
        });
        self.listeners = listeners;
        said
    }

    fn words(&self, listener: &mut Listener, epoch: &str) -> Vec<Word> {
        let mut words = Vec::new();
        for head in self.database.clinic(listener.clinic).heads(&listener.granted) {
            let from = listener.told.get(&head.feed).copied().unwrap_or_default();
            if head.head <= from {
                continue;
            }
            listener.told.insert(head.feed, head.head);
            let wanted = listener.rows.as_ref().is_some_and(|feeds| feeds.contains(&head.feed));
            let frames = if wanted && from > FeedSeq(0) {
                self.delta(listener.clinic, head.feed, from.0)
            } else {
                None
            };
            words.push(match frames {
                Some(frames) => Word::Delta(Delta {
                    epoch: epoch.to_owned(),
                    feed: head.feed,
                    from,
                    to: head.head,
                    frames,
                }),
                None => Word::Hint(Hint { feed: head.feed, head: head.head }),
            });
        }
        words
    }
}
