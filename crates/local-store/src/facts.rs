//! What the sync engine asks and tells about the file as a whole.

use wattle_domain::{CommandId, FeedClass, ReplicaId, TableName, UtcInstant};
use wattle_protocol::ipc::event::Changed;
use wattle_protocol::session::Cursors;

use crate::connection;
use crate::error::Error;
use crate::rebase;
use crate::screens::attention::glass;
use crate::store::Store;
use crate::tables::{cursor, meta, outbox, repair, synced};

/// Where the file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncFacts {
    /// The server's epoch that the cursors belong to; empty at first.
    pub epoch: String,
    /// The last commit of each feed that is here.
    pub cursors: Cursors,
    /// Commands without a final verdict.
    pub outbox_len: u64,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<UtcInstant>,
    /// The highest command number ever given out.
    pub last_n: u64,
    /// Answered commands that no pull has covered.
    pub awaiting: Vec<CommandId>,
    /// Things in *Needs attention*: open conflicts, rejected commands that nobody has dealt with, and notices of broken
    /// glass for whoever is told of them.
    pub attention: u64,
    /// The file as far as command numbers go.
    pub replica: ReplicaId,
    /// Buckets of rows that are to be mended.
    pub repairs: u64,
}

impl Default for SyncFacts {
    /// A file that has nothing yet, and no replica id.
    fn default() -> Self {
        Self {
            epoch: String::new(),
            cursors: Cursors::new(),
            outbox_len: 0,
            oldest_waiting_at: None,
            last_n: 0,
            awaiting: Vec::new(),
            attention: 0,
            replica: ReplicaId(uuid::Uuid::nil()),
            repairs: 0,
        }
    }
}

impl Store {
    /// Where the file stands.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sync_facts(&self) -> Result<SyncFacts, Error> {
        let told = glass::told(self.identity());
        self.read(|connection| {
            let (outbox_len, oldest_waiting_at) = outbox::waiting(connection)?;
            let conflicts: i64 = connection
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM conflict WHERE status = 'open' AND deleted_at IS NULL)
                     + (SELECT count(*) FROM record_conflict WHERE status = 'open' AND deleted_at IS NULL)",
                )?
                .query_row([], |row| row.get(0))?;
            let notices = if told { glass::count(connection)? } else { 0 };
            Ok(SyncFacts {
                epoch: meta::get(connection, meta::EPOCH)?.unwrap_or_default(),
                cursors: cursor::all(connection)?,
                outbox_len,
                oldest_waiting_at,
                last_n: u64::try_from(meta::last_n(connection)?).unwrap_or(0),
                awaiting: outbox::awaiting(connection)?,
                attention: u64::try_from(conflicts).unwrap_or(0)
                    + outbox::rejected_count(connection)?
                    + notices,
                replica: meta::replica(connection)?,
                repairs: repair::count(connection)?,
            })
        })
    }

    /// Takes over the server's epoch. When there was another one, the server may have lost its tail: every feed is
    /// forgotten, so that the next pull sends it whole, and every command acknowledged in the last 72 hours waits again
    /// (idempotent by id).
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn adopt_epoch(&self, epoch: &str) -> Result<Changed, Error> {
        let epoch = epoch.to_owned();
        let ((), changed) = self.write(move |txn| {
            let known = meta::get(txn.connection(), meta::EPOCH)?.unwrap_or_default();
            if known == epoch {
                return Ok::<_, Error>(());
            }
            meta::set(txn.connection(), meta::EPOCH, &epoch)?;
            if known.is_empty() {
                return Ok(());
            }
            for feed in FeedClass::ALL {
                cursor::rewind(txn.connection(), feed)?;
            }
            rebase::undo_all(txn)?;
            outbox::offer_again(txn.connection())?;
            txn.tell();
            rebase::run_all(txn)
        })?;
        Ok(changed)
    }

    /// Forgets cursors: the next pull sends these feeds whole, over the rows that are here. The outbox is kept.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn forget_cursors(&self, feeds: &[FeedClass]) -> Result<(), Error> {
        let feeds = feeds.to_vec();
        let ((), _) =
            self.write(move |txn| feeds.iter().try_for_each(|&feed| cursor::rewind(txn.connection(), feed)))?;
        Ok(())
    }

    /// Removes feeds that this workstation may not hold any more: their rows, words and cursors, free pages and log
    /// included (those at a later pull or open, when the disk is too full now). The outbox is kept; commands about rows that are
    /// gone are without effect until the server has spoken.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn remove_feeds(&self, feeds: &[FeedClass]) -> Result<Changed, Error> {
        let feeds = feeds.to_vec();
        let ((), changed) = self.write(move |txn| {
            connection::secure_delete(txn.connection(), "ON")?;
            meta::set(txn.connection(), meta::VACUUM_DUE, "1")?;
            rebase::undo_all(txn)?;
            for &table in TableName::ALL.iter().filter(|t| feeds.contains(&t.table().class)) {
                synced::clear(txn.connection(), table)?;
                repair::forget_table(txn.connection(), table)?;
                txn.note_many(table);
            }
            for &feed in &feeds {
                cursor::forget(txn.connection(), feed)?;
            }
            rebase::run_all(txn)?;
            txn.remake_all_patients();
            Ok::<_, Error>(())
        })?;
        self.vacuum_if_due()?;
        Ok(changed)
    }

    /// Makes sure that the next command number is above one that the server has seen of this workstation (after the file
    /// was lost or restored from an old copy).
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn skip_to_number(&self, last_n: u64) -> Result<(), Error> {
        let ((), _) = self.write(move |txn| {
            let wanted = i64::try_from(last_n).unwrap_or(i64::MAX - 1);
            if wanted > meta::last_n(txn.connection())? {
                meta::set(txn.connection(), meta::LAST_N, &wanted.to_string())?;
            }
            Ok::<_, Error>(())
        })?;
        Ok(())
    }
}
