//! Takes in what the server sends: all of one pull, or nothing of it.
//!
//! Changes are staged in memory and written at the end. The feeds of a first sync go straight into an open transaction on
//! the writer's thread: they may not fit into memory, and nobody works yet. A new copy over an old one is staged on disk
//! first, because people do work.

pub(crate) mod changes;
pub(crate) mod check;
mod reconcile;
mod staging;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use wattle_domain::{CommandId, FeedClass, TableName};
use wattle_protocol::digest::DigestAsk;
use wattle_protocol::ipc::event::Changed;
use wattle_protocol::pull::{Frame, Pull as Request};
use wattle_protocol::session::Cursors;

use self::staging::Staging;
use crate::ask::PullKind;
use crate::digest::Theirs;
use crate::error::Error;
use crate::store::Store;
use crate::tables::{cursor, meta, synced};

/// Frames on their way to the writer during a first sync; then the network waits for the disk.
const FRAMES: usize = 16;

/// A pull that is coming in. Dropped without [`Pull::finish`] it changes nothing.
pub struct Pull {
    store: Store,
    asked: Arc<Asked>,
    mode: Mode,
    /// Where the checkpoint says that the file is, with the server's digests.
    digests: Option<(Cursors, Theirs)>,
    /// A frame was refused: nothing of the pull counts.
    spoiled: bool,
    progress: Arc<AtomicU64>,
}

/// What the server was asked.
pub(crate) struct Asked {
    epoch: String,
    /// Feeds that the file may hold.
    feeds: Vec<FeedClass>,
    /// Answered commands, of each of which a complete checkpoint must know.
    awaiting: Vec<CommandId>,
    /// Buckets that will be mended.
    repair: Vec<(TableName, u8)>,
    digest: Option<DigestAsk>,
    reconcile: bool,
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
    /// Buckets of rows whose digest is not the server's; they are written down to be mended by the next pulls.
    pub wrong_buckets: u64,
}

impl Store {
    /// Begins to take in the answer to a usual pull.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn begin_pull(&self) -> Result<Pull, Error> {
        self.begin_pull_of(&self.pull_request(PullKind::Usual, u64::MAX)?)
    }

    /// Begins to take in the answer to this request.
    ///
    /// # Errors
    /// None now; a caller is ready for the day when there is one.
    pub fn begin_pull_of(&self, asked: &Request) -> Result<Pull, Error> {
        let repair = asked.repair.iter().filter_map(|r| Some((r.table.parse().ok()?, r.bucket)));
        let asked = Asked {
            epoch: asked.epoch.clone(),
            feeds: self.shared().feeds.clone(),
            awaiting: asked.awaiting.clone(),
            repair: repair.collect(),
            digest: asked.digest.clone(),
            reconcile: asked.reconcile,
        };
        Ok(Pull {
            store: self.clone(),
            asked: Arc::new(asked),
            mode: Mode::Memory(Vec::new()),
            digests: None,
            spoiled: false,
            progress: Arc::default(),
        })
    }
}

impl Pull {
    /// Takes the next frame. May wait for the disk.
    ///
    /// # Errors
    /// When a frame does not fit its table, is of a feed that the file may not hold, or cannot be written; the pull is then
    /// of no more use, and nothing has changed.
    pub fn frame(&mut self, frame: Frame) -> Result<(), Error> {
        let taken = self.take(frame);
        self.spoiled |= taken.is_err();
        taken
    }

    fn take(&mut self, mut frame: Frame) -> Result<(), Error> {
        check::pulled(&self.asked.feeds, &frame)?;
        if self.asked.reconcile {
            check::reconciling(&frame)?;
        }
        if let Frame::Checkpoint { cursors, digests, complete, .. } = &mut frame {
            // They are compared when the rows are in; the rows' way needs no copy of them.
            let digests = std::mem::take(digests);
            self.digests = match &self.asked.digest {
                Some(ask) if *complete => Some((cursors.clone(), Theirs::read(ask, &digests)?)),
                _ => None,
            };
        }
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

    /// Writes everything: rows, cursors, answers, and the pending commands run again over them, in one transaction. Then
    /// compares digests, when they were asked for, and writes down what differs.
    ///
    /// # Errors
    /// `Incomplete` when no checkpoint came; any other when it could not be saved. Nothing has changed then, or, when only
    /// the comparison failed, nothing is lost by pulling again.
    pub fn finish(self) -> Result<PullDone, Error> {
        let Self { store, asked, mode, digests, spoiled, .. } = self;
        if spoiled {
            return Err(Error::Incomplete);
        }
        if asked.reconcile {
            return reconcile(&store, asked, digests);
        }
        let done = match mode {
            Mode::Memory(frames) => {
                let asked = Arc::clone(&asked);
                let (complete, changed) =
                    store.write(move |txn| changes::take_in(txn, frames, asked.as_ref()))?;
                PullDone { changed, complete, wrong_buckets: 0 }
            }
            Mode::Disk(staging) => {
                let (shared, asked) = (store.shared(), Arc::clone(&asked));
                store.writer().run(move |connection| {
                    let mut at = 0;
                    let next = || {
                        let found = staging.after(at)?;
                        Ok(found.map(|(n, frame)| {
                            at = n;
                            frame
                        }))
                    };
                    whole::take_in(connection, &shared, &AtomicU64::new(0), &asked, next)
                })?
            }
            Mode::Stream(stream) => {
                let _ = stream.frames.send(Message::Finish);
                stream.result.recv().map_err(|_| Error::Closed)??
            }
        };
        store.vacuum_if_due()?;
        let wrong_buckets = match digests {
            Some((cursors, theirs)) if done.complete => compare(&store, &asked, &cursors, &theirs)?,
            _ => 0,
        };
        Ok(PullDone { wrong_buckets, ..done })
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
            let stream = Stream::start(&self.store, &self.asked, &self.progress)?;
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

/// Another epoch: nothing but a complete checkpoint with digests will do.
fn reconcile(
    store: &Store,
    asked: Arc<Asked>,
    digests: Option<(Cursors, Theirs)>,
) -> Result<PullDone, Error> {
    let Some((heads, theirs)) = digests else { return Err(Error::Incomplete) };
    let shared = store.shared();
    let (wrong_buckets, changed) =
        store.write(move |txn| reconcile::take_in(txn, &shared, &asked.epoch, &heads, &theirs))?;
    Ok(PullDone { changed, complete: true, wrong_buckets })
}

/// Compares digests beside the writer. When the file has moved on meanwhile there is nothing to compare with.
fn compare(store: &Store, asked: &Asked, at: &Cursors, theirs: &Theirs) -> Result<u64, Error> {
    let found = store.read(|connection| {
        let here = cursor::all(connection)?;
        let epoch = meta::get(connection, meta::EPOCH)?.unwrap_or_default();
        let feeds: Vec<FeedClass> =
            asked.feeds.iter().copied().filter(|f| here.get(f) == at.get(f)).collect();
        if epoch == asked.epoch { theirs.compare(connection, &feeds).map(Some) } else { Ok(None) }
    })?;
    let Some(found) = found else { return Ok(0) };
    let buckets = found.buckets;
    if buckets > 0 {
        tracing::warn!(buckets, "rows here differ from the server's; they are fetched again");
    }
    let ((), _) = store.write(move |txn| found.keep(txn))?;
    Ok(buckets)
}

impl Stream {
    /// From here on frames go to an open transaction on the writer's thread.
    fn start(store: &Store, asked: &Arc<Asked>, progress: &Arc<AtomicU64>) -> Result<Self, Error> {
        let (frames, incoming) = sync_channel(FRAMES);
        let (shared, asked, progress) = (store.shared(), Arc::clone(asked), Arc::clone(progress));
        let result = store.writer().start_job(move |connection| {
            let next = || match incoming.recv() {
                Ok(Message::Frame(frame)) => Ok(Some(frame)),
                Ok(Message::Finish) => Ok(None),
                // The pull was dropped: undo.
                Err(_) => Err(Error::Incomplete),
            };
            whole::take_in(connection, &shared, &progress, &asked, next)
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
