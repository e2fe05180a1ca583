//! Takes in what the server sends: all of one pull, or nothing of it.
//!
//! Changes are staged in memory and written at the end. The feeds of a first sync go straight into an open transaction on
//! the writer's thread: they may not fit into memory, and nobody works yet. A new copy over an old one is staged on disk
//! first, because people do work.

mod changes;
mod staging;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wattle_domain::TableName;
use wattle_protocol::ipc::event::Changed;
use wattle_protocol::pull::Frame;

use self::staging::Staging;
use crate::error::Error;
use crate::store::Store;
use crate::tables::synced;

/// Frames on their way to the writer during a first sync; then the network waits for the disk.
const FRAMES: usize = 16;

/// A pull that is coming in. Dropped without [`Pull::finish`] it changes nothing.
pub struct Pull {
    store: Store,
    mode: Mode,
    progress: Arc<AtomicU64>,
}

enum Mode {
    /// Changes.
    Memory(Vec<Frame>),
    /// A new copy over an old one.
    Disk(Box<Staging>),
    /// A first sync.
    Stream(Stream),
}

struct Stream {
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
    /// None now; a caller is ready for the day when there is one.
    pub fn begin_pull(&self) -> Result<Pull, Error> {
        Ok(Pull { store: self.clone(), mode: Mode::Memory(Vec::new()), progress: Arc::default() })
    }
}

impl Pull {
    /// Takes the next frame. May wait for the disk.
    ///
    /// # Errors
    /// When a frame does not fit its table or cannot be written; the pull is then of no more use, and nothing has changed.
    pub fn frame(&mut self, frame: Frame) -> Result<(), Error> {
        if let (Frame::Whole { .. }, Mode::Memory(staged)) = (&frame, &mut self.mode) {
            let staged = std::mem::take(staged);
            self.whole(staged)?;
        }
        let rows = if let Frame::Rows { rows, .. } = &frame { rows.len() } else { 0 };
        match &mut self.mode {
            Mode::Memory(staged) => staged.push(frame),
            Mode::Disk(staging) => staging.add(&frame)?,
            Mode::Stream(stream) => return stream.send(frame),
        }
        self.progress.fetch_add(u64::try_from(rows).unwrap_or(0), Ordering::Relaxed);
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
    pub fn finish(self) -> Result<PullDone, Error> {
        match self.mode {
            Mode::Memory(frames) => {
                let (complete, changed) = self.store.write(move |txn| changes::take_in(txn, frames))?;
                Ok(PullDone { changed, complete })
            }
            Mode::Disk(staging) => {
                let shared = self.store.shared();
                self.store.writer().run(move |connection| {
                    let mut at = 0;
                    let next = || {
                        let found = staging.after(at)?;
                        Ok(found.map(|(n, frame)| {
                            at = n;
                            frame
                        }))
                    };
                    whole::take_in(connection, &shared, &AtomicU64::new(0), next)
                })
            }
            Mode::Stream(stream) => {
                let _ = stream.frames.send(Message::Finish);
                stream.result.recv().map_err(|_| Error::Closed)?
            }
        }
    }

    /// The first feed that is sent whole decides where its frames go.
    fn whole(&mut self, staged: Vec<Frame>) -> Result<(), Error> {
        let first_sync = self.store.read(|connection| {
            for &table in TableName::ALL {
                if !synced::is_empty(connection, table)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        if first_sync {
            self.progress.store(0, Ordering::Relaxed);
            let stream = Stream::start(&self.store, &self.progress)?;
            staged.into_iter().try_for_each(|frame| stream.send(frame))?;
            self.mode = Mode::Stream(stream);
        } else {
            let staging = Staging::new(&self.store)?;
            staged.iter().try_for_each(|frame| staging.add(frame))?;
            self.mode = Mode::Disk(Box::new(staging));
        }
        Ok(())
    }
}

impl Stream {
    /// From here on frames go to an open transaction on the writer's thread.
    fn start(store: &Store, progress: &Arc<AtomicU64>) -> Result<Self, Error> {
        let (frames, incoming) = sync_channel(FRAMES);
        let (shared, progress) = (store.shared(), Arc::clone(progress));
        let result = store.writer().start_job(move |connection| {
            let next = || match incoming.recv() {
                Ok(Message::Frame(frame)) => Ok(Some(frame)),
                Ok(Message::Finish) => Ok(None),
                // The pull was dropped: undo.
                Err(_) => Err(Error::Incomplete),
            };
            whole::take_in(connection, &shared, &progress, next)
        })?;
        Ok(Self { frames, result })
    }

    fn send(&self, frame: Frame) -> Result<(), Error> {
        if self.frames.send(Message::Frame(frame)).is_ok() {
            return Ok(());
        }
        // The writer has stopped listening: it says why.
        match self.result.recv() {
            Ok(Err(error)) => Err(error),
            _ => Err(Error::Closed),
        }
    }
}

impl std::fmt::Debug for Pull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull").field("rows", &self.progress()).finish_non_exhaustive()
    }
}
