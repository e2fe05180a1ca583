//! The handle that everybody holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::broadcast;
use uuid::{Builder, Uuid};
use wattle_domain::time::Clock;
use wattle_domain::{FeedClass, ReplicaId};
use wattle_protocol::ipc::event::Changed;

use crate::checkpoint::{Checkpoint, Nudge};
use crate::clock::{Ids, SystemIds, id_from};
use crate::connection;
use crate::data_key::DataKey;
use crate::error::{Error, OpenError};
use crate::identity::Identity;
use crate::readers::Readers;
use crate::schema;
use crate::tables::meta;
use crate::txn::Txn;
use crate::vacuum;
use crate::writer::Writer;

/// News that a slow listener may miss before it is told that it lagged and asks again.
const NEWS: usize = 1024;

/// An open file. Cheap to clone; the file closes when the last clone goes.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped in this order: the writer is the last connection and empties the log.
    readers: Readers,
    _checkpoint: Checkpoint,
    writer: Writer,
    key: DataKey,
    shared: Arc<Shared>,
    path: PathBuf,
}

/// What writing jobs need beside their connection.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    /// What the profile may hold.
    pub(crate) feeds: Vec<FeedClass>,
    changes: broadcast::Sender<Changed>,
    checkpoint: Nudge,
}

impl Shared {
    /// A new id of now.
    pub(crate) fn new_id(&self) -> Uuid {
        id_from(self.clock.as_ref(), self.ids.as_ref())
    }

    /// Commits, and tells everybody who listens.
    pub(crate) fn commit(&self, txn: Txn<'_>) -> Result<Changed, Error> {
        let changed = txn.commit()?;
        self.checkpoint.nudge();
        let Some(changed) = changed else { return Ok(Changed::default()) };
        // Nobody listening is fine.
        let _ = self.changes.send(changed.clone());
        Ok(changed)
    }
}

impl Store {
    /// Opens a file, makes it when there is none, brings it up to date when it is old. Blocks; well under a second for a
    /// gigabyte.
    ///
    /// # Errors
    /// See [`OpenError`]; a wrong key changes no byte on disk.
    pub fn open(
        path: &Path,
        key: &DataKey,
        identity: Identity,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_with(path, key, identity, clock, Arc::new(SystemIds))
    }

    /// As [`Store::open`], with chance from somewhere else than the system.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(
        path: &Path,
        key: &DataKey,
        identity: Identity,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, OpenError> {
        let existed = path.exists();
        if existed {
            connection::prove(path, key)?;
        }
        let mut connection = connection::writer(path, key)?;
        let found = schema::version(&connection)?;
        if found > schema::known_version() {
            return Err(OpenError::TooNew { found, known: schema::known_version() });
        }
        schema::migrate_to(&mut connection, schema::known_version())?;
        identify(&mut connection, &identity, ids.as_ref())?;
        vacuum::if_due(&connection);
        if !existed {
            // From now on the first page is in the file itself, where a key can be tried on it.
            connection.pragma_query(None, "wal_checkpoint", |_| Ok(()))?;
        }
        let (checkpoint, nudge) = Checkpoint::start(path, key)?;
        let shared = Arc::new(Shared {
            feeds: identity.feeds(),
            identity,
            clock,
            ids,
            changes: broadcast::Sender::new(NEWS),
            checkpoint: nudge,
        });
        let readers = Readers::new(path.to_owned(), key.clone());
        let writer = Writer::start(connection)?;
        Ok(Self {
            inner: Arc::new(Inner {
                readers,
                _checkpoint: checkpoint,
                writer,
                key: key.clone(),
                shared,
                path: path.to_owned(),
            }),
        })
    }

    /// News of every commit that changed something that a screen shows. A listener that lags asks for everything again.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.inner.shared.changes.subscribe()
    }

    /// Limits the file to so many pages, as a full disk would; `None`: as many as SQLite can. For tests of what then
    /// happens.
    ///
    /// # Errors
    /// When the store is closed.
    pub fn limit_pages(&self, most: Option<u32>) -> Result<(), Error> {
        self.inner.writer.run(move |connection| {
            // One below what is used already means just that.
            let sql = format!("PRAGMA max_page_count = {}", most.unwrap_or(u32::MAX - 1));
            connection.query_row(&sql, [], |_| Ok(())).map_err(Error::from)
        })
    }

    /// Whose file it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.shared.identity
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Whether nobody else holds this file open in this process.
    #[must_use]
    pub fn is_only_handle(&self) -> bool {
        Arc::strong_count(&self.inner) == 1
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.inner.shared)
    }

    pub(crate) fn key(&self) -> &DataKey {
        &self.inner.key
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.inner.writer
    }

    /// Reads in one snapshot, on a connection that cannot write.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.inner.readers.read(read)
    }

    /// Writes in one transaction, on the writer's thread. An error undoes all of it.
    pub(crate) fn write<T, E>(
        &self,
        write: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Changed), E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let shared = self.shared();
        self.inner.writer.run(move |connection| {
            let mut txn = Txn::begin(connection, &shared)?;
            let value = write(&mut txn)?;
            Ok((value, shared.commit(txn)?))
        })
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("identity", &self.inner.shared.identity).finish_non_exhaustive()
    }
}

fn identify(connection: &mut Connection, identity: &Identity, ids: &dyn Ids) -> Result<(), OpenError> {
    let facts = [
        (meta::CLINIC, identity.clinic.to_string()),
        (meta::WORKSTATION, identity.workstation.to_string()),
        (meta::PROFILE, identity.profile.clone()),
    ];
    let transaction = connection.transaction()?;
    for (name, value) in facts {
        match meta::get(&transaction, name)? {
            None => meta::set(&transaction, name, &value)?,
            Some(found) if found == value => {}
            Some(_) => return Err(OpenError::OtherIdentity),
        }
    }
    if meta::get(&transaction, meta::REPLICA)?.is_none() {
        meta::set(&transaction, meta::REPLICA, &new_replica(ids).to_string())?;
    }
    transaction.commit().map_err(Error::from)?;
    Ok(())
}

/// A replica that no other file has.
pub(crate) fn new_replica(ids: &dyn Ids) -> ReplicaId {
    ReplicaId(Builder::from_random_bytes(ids.random()).into_uuid())
}
