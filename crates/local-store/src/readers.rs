//! A few connections that cannot write. The last one used is used next: its cache is warm.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::connection;
use crate::data_key::DataKey;
use crate::error::Error;

/// Screens and the sync engine read side by side; more would only split the cache.
const MOST: usize = 4;
/// How long a reader is waited for before the caller is told.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Readers {
    path: PathBuf,
    key: DataKey,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    open: usize,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, key: DataKey) -> Self {
        Self { path, key, state: Mutex::default(), returned: Condvar::new() }
    }

    /// Reads in one snapshot.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let connection = self.take()?;
        let lent = Lent { readers: self, connection: Some(connection) };
        let Some(connection) = lent.connection.as_ref() else { return Err(Error::Closed) };
        let snapshot = connection.unchecked_transaction()?;
        let result = read(&snapshot);
        snapshot.finish()?;
        result
    }

    fn take(&self) -> Result<Connection, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = state.idle.pop() {
                return Ok(connection);
            }
            if state.open < MOST {
                state.open += 1;
                drop(state);
                return connection::reader(&self.path, &self.key).map_err(|error| {
                    self.state.lock().unwrap_or_else(PoisonError::into_inner).open -= 1;
                    error.into()
                });
            }
            let (guard, timeout) =
                self.returned.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if timeout.timed_out() && state.idle.is_empty() {
                return Err(Error::Overloaded);
            }
        }
    }
}

struct Lent<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.idle.extend(self.connection.take());
        drop(state);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use crate::Error;
    use crate::testing::{clock, open};

    #[test]
    fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), clock());
        let tried = store.read(|connection| Ok(connection.execute("DELETE FROM meta", [])?));
        assert!(matches!(tried, Err(Error::NotSaved(_))), "{tried:?}");
        assert!(store.sync_facts().is_ok());
    }

    #[test]
    fn many_readers_share_a_few_connections() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), clock());
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..20).for_each(|_| drop(store.sync_facts().unwrap())));
            }
        });
    }
}
