//! Moves the write-ahead log into the file, beside the writer: a commit never waits for it.

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::connection::{self, wal_of};
use crate::data_key::DataKey;
use crate::error::OpenError;

/// A log this long is moved; SQLite's own threshold (1,000 pages).
const LONG_BYTES: u64 = 4 << 20;

enum Word {
    Look,
    End,
}

/// The thread; ends when dropped.
pub(crate) struct Checkpoint {
    words: SyncSender<Word>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread that something was committed.
pub(crate) struct Nudge(SyncSender<Word>);

impl Nudge {
    pub(crate) fn nudge(&self) {
        // When it is still at work it looks again anyway at the next commit.
        let _ = self.0.try_send(Word::Look);
    }
}

impl Checkpoint {
    pub(crate) fn start(path: &Path, key: &DataKey) -> Result<(Self, Nudge), OpenError> {
        let connection = connection::checkpointer(path, key)?;
        let log = wal_of(path);
        let (words, heard) = sync_channel(1);
        let work = move || {
            while let Ok(Word::Look) = heard.recv() {
                let long = std::fs::metadata(&log).is_ok_and(|m| m.len() > LONG_BYTES);
                // Passive: it waits for nobody and nobody waits for it; what it could not move it moves next time.
                if long && let Err(error) = connection.pragma_query(None, "wal_checkpoint", |_| Ok(())) {
                    tracing::warn!(code = ?error.sqlite_error_code(), "the log could not be moved into the file");
                }
            }
        };
        let thread = std::thread::Builder::new().name("local-store-checkpoint".into()).spawn(work)?;
        let nudge = Nudge(words.clone());
        Ok((Self { words, thread: Some(thread) }, nudge))
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        let _ = self.words.send(Word::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
