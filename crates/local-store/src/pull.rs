//! Takes in what the server sends: all of one pull, or nothing of it.
//!
//! Changes are staged in memory and written at the end. A feed that is sent whole goes straight into an open transaction
//! on the writer's thread, because it may not fit into memory; nothing else is written meanwhile.

mod changes;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wattle_protocol::ipc::event::Changed;
use wattle_protocol::pull::Frame;

use crate::error::Error;
use crate::store::Store;

/// Frames on their way to the writer during a whole feed; then the network waits for the disk.
const FRAMES: usize = 16;

/// A pull that is coming in. Dropped without [`Pull::finish`] it changes nothing.
pub struct Pull {
    store: Store,
    staged: Vec<Frame>,
    streaming: Option<Streaming>,
    progress: Arc<AtomicU64>,
}

struct Streaming {
    frames: SyncSender<Message>,
    result: Receiver<Result<PullDone, Error>>,
}

enum Message {
    Frame(Frame),
    Finish,
}

/// What a pull did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullDone {
    /// The rows that changed.
    pub changed: Changed,
    /// Nothing more to pull.
    pub complete: bool,
}

impl Store {
    /// Begins to take in the answer to a pull.
    ///
    /// # Errors
    /// None now; kept for the day when staging goes to disk.
    pub fn begin_pull(&self) -> Result<Pull, Error> {
        Ok(Pull {
            store: self.clone(),
            staged: Vec::new(),
            streaming: None,
            progress: Arc::new(AtomicU64::new(0)),
        })
    }
}

impl Pull {
    /// Takes the next frame. May wait for the disk.
    ///
    /// # Errors
    /// When a frame does not fit its table or cannot be written; the whole pull is then undone.
    pub fn frame(&mut self, frame: Frame) -> Result<(), Error> {
        if matches!(frame, Frame::Whole { .. }) && self.streaming.is_none() {
            self.stream()?;
        }
        let Some(streaming) = &self.streaming else {
            if let Frame::Rows { rows, .. } = &frame {
                self.progress.fetch_add(u64::try_from(rows.len()).unwrap_or(0), Ordering::Relaxed);
            }
            self.staged.push(frame);
            return Ok(());
        };
        if streaming.frames.send(Message::Frame(frame)).is_err() {
            return Err(self.broken());
        }
        Ok(())
    }

    /// Rows taken in so far.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// The counter behind [`Pull::progress`], to be read while another thread hands in frames.
    #[must_use]
    pub fn progress_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.progress)
    }

    /// Writes everything: rows, cursors, answers, and the pending commands run again over them, in one transaction.
    ///
    /// # Errors
    /// `Incomplete` when no checkpoint came; any other when it could not be saved. Nothing has changed then.
    pub fn finish(mut self) -> Result<PullDone, Error> {
        if let Some(streaming) = &self.streaming {
            let _ = streaming.frames.send(Message::Finish);
            let result = streaming.result.recv().map_err(|_| Error::Closed)?;
            self.streaming = None;
            return result;
        }
        let frames = std::mem::take(&mut self.staged);
        let (complete, changed) = self.store.write(move |txn| changes::take_in(txn, frames))?;
        Ok(PullDone { changed, complete })
    }

    /// From here on frames go to an open transaction on the writer's thread.
    fn stream(&mut self) -> Result<(), Error> {
        let (frames, incoming) = sync_channel(FRAMES);
        let (shared, progress) = (self.store.shared(), Arc::clone(&self.progress));
        let result = self.store.writer().start_job(move |connection| {
            let next = || match incoming.recv() {
                Ok(Message::Frame(frame)) => Ok(Some(frame)),
                Ok(Message::Finish) => Ok(None),
                // The pull was dropped: undo.
                Err(_) => Err(Error::Incomplete),
            };
            whole::take_in(connection, &shared, &progress, next)
        })?;
        self.progress.store(0, Ordering::Relaxed);
        for frame in std::mem::take(&mut self.staged) {
            if frames.send(Message::Frame(frame)).is_err() {
                return Err(result.recv().map_err(|_| Error::Closed)?.err().unwrap_or(Error::Closed));
            }
        }
        self.streaming = Some(Streaming { frames, result });
        Ok(())
    }

    /// Why the writer stopped listening.
    fn broken(&mut self) -> Error {
        let result = self.streaming.take().map(|s| s.result.recv());
        match result {
            Some(Ok(Err(error))) => error,
            _ => Error::Closed,
        }
    }
}

impl std::fmt::Debug for Pull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull").field("rows", &self.progress()).finish_non_exhaustive()
    }
}
