//! A pull with feeds that are sent whole: a first sync, or a new copy over an old one.
//!
//! Rows go in as they come. A table that was empty gets its indexes afterwards, which is twice as fast. In one that was not,
//! rows that did not come again are removed. Pending commands are all undone first and all run again at the end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::{FeedClass, TableName};
use wattle_protocol::pull::Frame;

use super::{Asked, PullDone, changes};
use crate::answers;
use crate::error::Error;
use crate::rebase;
use crate::store::Shared;
use crate::tables::repair;
use crate::tables::synced::{self, FrameShape};
use crate::txn::Txn;

/// Takes frames until `next` says that there are no more, then commits.
pub(super) fn take_in(
    connection: &mut Connection,
    shared: &Shared,
    progress: &AtomicU64,
    asked: &Asked,
    mut next: impl FnMut() -> Result<Option<Frame>, Error>,
) -> Result<PullDone, Error> {
    let mut txn = Txn::begin(connection, shared)?;
    rebase::undo_all(&mut txn)?;
    let mut load = Load::default();
    let mut checkpoint = None;
    while let Some(frame) = next()? {
        match frame {
            Frame::Whole { feed, .. } => load.begin(&mut txn, feed)?,
            Frame::Rows { table, columns, rows, .. } => {
                if let Ok(table) = table.parse::<TableName>() {
                    load.rows(&mut txn, table, &columns, &rows)?;
                    progress.fetch_add(u64::try_from(rows.len()).unwrap_or(0), Ordering::Relaxed);
                }
            }
            Frame::Gone { table, ids, .. } => {
                if let Ok(table) = table.parse::<TableName>() {
                    load.gone(&mut txn, table, &ids)?;
                }
            }
            Frame::Page { .. } => {}
            Frame::Checkpoint { cursors, answers, complete, .. } => {
                checkpoint = Some((cursors, answers, complete))
            }
        }
    }
    let Some((cursors, answers, complete)) = checkpoint else { return Err(Error::Incomplete) };
    load.end(&mut txn)?;
    for feed in changes::empty(&cursors, complete, asked) {
        for &table in TableName::ALL.iter().filter(|t| t.table().class == feed) {
            if !load.whole.contains(&table) && !synced::is_empty(txn.connection(), table)? {
                synced::clear(txn.connection(), table)?;
                txn.note_many(table);
                txn.remake_all_patients();
            }
        }
    }
    let refused = answers::note(&mut txn, &answers)?;
    changes::settle(&mut txn, &answers, &refused)?;
    changes::reach(&txn, &cursors, complete, asked)?;
    changes::offer_unknown(&mut txn, &answers, complete, asked)?;
    // Cards and words are needed by nobody before the commands are run, but are made of what they leave.
    rebase::run_all(&mut txn)?;
    if load.whole.contains(&TableName::Patient) {
        txn.remake_all_patients();
    }
    Ok(PullDone { changed: shared.commit(txn)?, complete, wrong_buckets: 0 })
}

/// The tables that are being loaded whole.
#[derive(Default)]
struct Load {
    /// Indexes to make again, of tables that were empty.
    indexes: Vec<String>,
    /// Rows of tables that were not empty and have not come again so far.
    stale: BTreeMap<TableName, HashSet<Uuid>>,
    whole: BTreeSet<TableName>,
}

impl Load {
    fn begin(&mut self, txn: &mut Txn<'_>, feed: FeedClass) -> Result<(), Error> {
        for &table in TableName::ALL.iter().filter(|t| t.table().class == feed) {
            if !self.whole.insert(table) {
                continue;
            }
            txn.note_many(table);
            repair::forget_table(txn.connection(), table)?;
            if synced::is_empty(txn.connection(), table)? {
                self.indexes.extend(drop_indexes(txn.connection(), table)?);
            } else {
                self.stale.insert(table, synced::ids(txn.connection(), table)?.into_iter().collect());
            }
        }
        Ok(())
    }

    fn rows(
        &mut self,
        txn: &mut Txn<'_>,
        table: TableName,
        columns: &[String],
        rows: &[Vec<serde_json::Value>],
    ) -> Result<(), Error> {
        let shape = FrameShape::new(table, columns);
        let mut stale = self.stale.get_mut(&table);
        for values in rows {
            if self.whole.contains(&table) {
                let id = shape.put(txn.connection(), values)?;
                if let Some(stale) = stale.as_mut() {
                    stale.remove(&id);
                }
            } else {
                let row = shape.row(values)?;
                let before = synced::before(txn.connection(), table, row.id)?;
                txn.put(table, &row, before.as_ref())?;
            }
        }
        Ok(())
    }

    fn gone(&mut self, txn: &mut Txn<'_>, table: TableName, ids: &[Uuid]) -> Result<(), Error> {
        for &id in ids {
            let before = synced::before(txn.connection(), table, id)?;
            txn.delete(table, id, before.as_ref())?;
        }
        Ok(())
    }

    fn end(&mut self, txn: &mut Txn<'_>) -> Result<(), Error> {
        for (table, stale) in std::mem::take(&mut self.stale) {
            for id in stale {
                synced::delete(txn.connection(), table, id)?;
            }
        }
        for sql in self.indexes.drain(..) {
            txn.connection().execute_batch(&sql)?;
        }
        Ok(())
    }
}

/// Drops a table's indexes (but for its key's) and returns the SQL that makes them.
fn drop_indexes(connection: &Connection, table: TableName) -> Result<Vec<String>, Error> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    let rows = statement
        .query_map([table.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let found: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    for (name, _) in &found {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}
