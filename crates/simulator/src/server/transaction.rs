//! One transaction: what it has written, seen by nobody else until it commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wattle_domain::attribution::Stamp;
use wattle_domain::{
    CommandId, FeedClass, ReplicaId, Row, RowChange, Unwritable, UserId, UtcInstant, WorkstationId,
};

use super::Server;
use super::database::{ClinicData, Commit, Entry, Key};
use super::history::check_growth;
use crate::mutant::Mutant;

/// A transaction under way.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Of which clinic.
    pub clinic: usize,
    /// When it began: what it writes is stamped so.
    pub began: UtcInstant,
    /// Whose name the rows get.
    pub user: Option<UserId>,
    /// And where.
    pub workstation: Option<WorkstationId>,
    /// Rows as it left them; `None`: deleted.
    pub rows: BTreeMap<Key, Option<Arc<Row>>>,
    /// What it touched.
    pub pointers: BTreeMap<FeedClass, BTreeSet<Key>>,
    /// Numbers that were drawn too early (a mutant's).
    pub drawn: BTreeMap<FeedClass, u64>,
    /// Commands that got their verdict.
    pub log: BTreeMap<CommandId, Entry>,
    /// Their numbers.
    pub numbers: BTreeMap<(WorkstationId, Option<ReplicaId>, u64), CommandId>,
    /// Commands to keep whole.
    pub quarantine: BTreeSet<CommandId>,
    /// Commands over which the server failed.
    pub faults: BTreeMap<CommandId, u32>,
    /// Commands that were written.
    pub applied: Vec<CommandId>,
    /// The next record number, once one was drawn.
    pub next_record: Option<u64>,
    /// Entries of the audit log.
    pub audited: Option<u64>,
}

impl Transaction {
    /// A transaction of somebody.
    #[must_use]
    pub fn begin(
        clinic: usize,
        began: UtcInstant,
        user: Option<UserId>,
        workstation: Option<WorkstationId>,
    ) -> Self {
        Self {
            clinic,
            began,
            user,
            workstation,
            rows: BTreeMap::new(),
            pointers: BTreeMap::new(),
            drawn: BTreeMap::new(),
            log: BTreeMap::new(),
            numbers: BTreeMap::new(),
            quarantine: BTreeSet::new(),
            faults: BTreeMap::new(),
            applied: Vec::new(),
            next_record: None,
            audited: None,
        }
    }

    /// A row as this transaction sees it.
    #[must_use]
    pub fn row<'a>(&'a self, data: &'a ClinicData, key: Key) -> Option<&'a Arc<Row>> {
        match self.rows.get(&key) {
            Some(row) => row.as_ref(),
            None => data.rows.get(&key),
        }
    }

    /// Writes one decided change, stamped as the triggers do.
    ///
    /// # Errors
    /// When the schema refuses it.
    pub fn write(&mut self, data: &ClinicData, change: &RowChange) -> Result<(), Unwritable> {
        let key = (change.table, change.id);
        let stamp = Stamp { by: self.user, workstation: self.workstation, at: self.began };
        let row = Row::after(self.row(data, key).map(|row| &**row), change, stamp)?;
        self.put(key, Some(row));
        Ok(())
    }

    /// Puts a row as it is, or takes it away.
    pub fn put(&mut self, key: Key, row: Option<Row>) {
        self.rows.insert(key, row.map(Arc::new));
        self.pointers.entry(key.0.table().class).or_default().insert(key);
    }

    /// A mutant writes what is new in a log over the entry that was the last.
    fn rewrite_log(&mut self, data: &ClinicData) {
        let new: Vec<Key> = self.rows.keys().copied().filter(|key| key.0.table().append_only).collect();
        for key in new {
            let Some(id) = data.of(key.0).last().map(|row| row.id) else { continue };
            if let Some(Some(row)) = self.rows.remove(&key) {
                self.put((key.0, id), Some(Row { id, ..Row::clone(&row) }));
            }
        }
    }
}

impl Server {
    /// Commits: everything is seen from now on, under the next number of each feed that was touched.
    pub fn commit(&mut self, mut transaction: Transaction) {
        if self.is(Mutant::RewriteLog) {
            transaction.rewrite_log(self.database.clinic(transaction.clinic));
        }
        self.wrong.extend(check_growth(self.database.clinic(transaction.clinic), &transaction));
        let lose = self.behaviour.lost_pointers > 0 && self.random.chance(self.behaviour.lost_pointers);
        let at_ms = self.now.0;
        let data = self.database.clinic_mut(transaction.clinic);
        for (key, row) in transaction.rows {
            match row {
                Some(row) => data.rows.insert(key, row),
                None => data.rows.remove(&key),
            };
        }
        let mut lost = 0;
        for (class, touched) in transaction.pointers {
            let feed = data.feeds.entry(class).or_default();
            let seq = transaction.drawn.get(&class).copied().unwrap_or_else(|| {
                feed.drawn += 1;
                feed.drawn
            });
            let mut pointers: Vec<Key> = touched.into_iter().collect();
            if lose && class != FeedClass::Ref && lost == 0 && pointers.pop().is_some() {
                lost += 1;
            }
            feed.commits.insert(seq, Commit { at_ms, pointers });
            feed.head = feed.head.max(seq);
        }
        data.log.extend(transaction.log);
        data.numbers.extend(transaction.numbers);
        data.quarantine.extend(transaction.quarantine);
        data.faults.extend(transaction.faults);
        for command in transaction.applied {
            *data.applied.entry(command).or_default() += 1;
        }
        data.next_record = transaction.next_record.unwrap_or(data.next_record);
        data.audited = transaction.audited.unwrap_or(data.audited);
        self.pointers_lost += lost;
    }

    /// A mutant draws its numbers when it begins to write.
    pub fn draw_early(&mut self, transaction: &mut Transaction) {
        if !self.is(Mutant::NaiveCursor) {
            return;
        }
        let data = self.database.clinic_mut(transaction.clinic);
        for class in transaction.pointers.keys() {
            if !transaction.drawn.contains_key(class) {
                let feed = data.feeds.entry(*class).or_default();
                feed.drawn += 1;
                transaction.drawn.insert(*class, feed.drawn);
            }
        }
    }
}
