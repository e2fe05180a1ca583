//! Pull: the present rows after the cursors, out of one snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;
use wattle_domain::{FeedClass, FeedSeq, Rev, Row, TableName, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::digest::{DigestAsk, Stamp, TableDigest};
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::Answer;
use wattle_protocol::session::{Cursors, FeedHead};
use wattle_sync_rules::digest::{Buckets, Key, bucket_of};

use super::database::ClinicData;
use super::{Behaviour, Caller, Refusal, Server, frames};
use crate::mutant::Mutant;

/// Buckets that one pull may mend.
const MOST_BUCKETS: usize = 16;

impl Server {
    /// The frames of a pull.
    ///
    /// # Errors
    /// `resnapshot` for cursors that make no sense here, `malformed` for a question of another shape.
    pub fn pull(&self, caller: Caller, asked: &Pull) -> Result<Vec<Frame>, Refusal> {
        let resnapshot = || Refusal::new(ErrorCode::Resnapshot);
        let malformed = || Refusal::new(ErrorCode::Malformed);
        if asked.epoch != self.database.epoch() {
            return Err(resnapshot());
        }
        let data = self.database.clinic(caller.clinic);
        let granted = data.heads(&self.granted(caller.clinic, caller.user));
        let may_hold = |feed: FeedClass| asked.feeds.as_ref().is_none_or(|feeds| feeds.contains(&feed));
        let feeds: Vec<FeedHead> = granted.iter().copied().filter(|f| may_hold(f.feed)).collect();
        if !asked.reconcile {
            for (held, cursor) in &asked.cursors {
                let head = granted.iter().find(|f| f.feed == *held).ok_or_else(resnapshot)?;
                if may_hold(*held) && *cursor > head.head {
                    return Err(resnapshot());
                }
            }
        }
        if asked.repair.len() > MOST_BUCKETS {
            return Err(malformed());
        }
        let mut out =
            Out { data, behaviour: &self.behaviour, frames: Vec::new(), bytes: 0, max: asked.max_bytes };
        let (cursors, complete) = if asked.reconcile {
            (feeds.iter().map(|f| (f.feed, f.head)).collect(), true)
        } else {
            out.feeds(&feeds, &asked.cursors)
        };
        if complete && !asked.reconcile {
            for repair in &asked.repair {
                let table: TableName = repair.table.parse().map_err(|_| malformed())?;
                if repair.held.iter().any(|s| bucket_of(s.id) != repair.bucket) {
                    return Err(malformed());
                }
                if feeds.iter().any(|f| f.feed == table.table().class) {
                    out.repair(table, repair.bucket, &repair.held);
                }
            }
        }
        let digests = match &asked.digest {
            Some(ask) if complete => out.digests(&feeds, ask).ok_or_else(malformed)?,
            _ => Vec::new(),
        };
        let answers = if complete {
            let answer = |id: &wattle_domain::CommandId| {
                let logged = data.log.get(id)?;
                Some(Answer { command_id: *id, verdict: logged.verdict.clone(), duplicate: true })
            };
            asked.awaiting.iter().filter_map(answer).collect()
        } else {
            Vec::new()
        };
        let mut frames = out.frames;
        if self.is(Mutant::SkipGone) {
            frames.retain(|frame| !matches!(frame, Frame::Gone { .. }));
        }
        frames.push(Frame::Checkpoint { cursors, answers, complete, digests });
        Ok(frames)
    }

    /// What the commits after `from` changed in a feed, as live carries it; `None` when it is too much.
    #[must_use]
    pub fn delta(&self, clinic: usize, feed: FeedClass, from: u64) -> Option<Vec<Frame>> {
        let data = self.database.clinic(clinic);
        let log = data.feeds.get(&feed)?;
        if from < log.horizon {
            return None;
        }
        let rows: usize = log.commits.range(from + 1..).map(|(_, c)| c.pointers.len()).sum();
        if rows > self.behaviour.delta_rows {
            return None;
        }
        let mut out = Out { data, behaviour: &self.behaviour, frames: Vec::new(), bytes: 0, max: u64::MAX };
        out.pointed(feed, from, log.head);
        let mut frames = out.frames;
        if self.is(Mutant::SkipGone) {
            frames.retain(|frame| !matches!(frame, Frame::Gone { .. }));
        }
        Some(frames)
    }
}

struct Out<'a> {
    data: &'a ClinicData,
    behaviour: &'a Behaviour,
    frames: Vec<Frame>,
    bytes: u64,
    max: u64,
}

impl Out<'_> {
    fn push(&mut self, frame: Frame) {
        self.bytes += match &frame {
            // About what a row is as JSON; it need not be exact.
            Frame::Rows { rows, .. } => 100 + 400 * rows.len() as u64,
            Frame::Gone { ids, .. } => 100 + 40 * ids.len() as u64,
            _ => 60,
        };
        self.frames.push(frame);
    }

    fn is_full(&self) -> bool {
        self.bytes >= self.max
    }

    fn feeds(&mut self, feeds: &[FeedHead], cursors: &Cursors) -> (Cursors, bool) {
        let mut reached = Cursors::new();
        let mut complete = true;
        for head in feeds {
            let cursor = cursors.get(&head.feed).copied().unwrap_or_default();
            let to = if cursor == head.head {
                cursor
            } else if self.is_full() {
                complete = false;
                cursor
            } else if self.goes_whole(head, cursor) {
                self.whole(head);
                head.head
            } else {
                let to = self.after(head, cursor);
                complete &= to == head.head;
                to
            };
            reached.insert(head.feed, to);
        }
        (reached, complete)
    }

    fn goes_whole(&self, head: &FeedHead, cursor: FeedSeq) -> bool {
        if cursor == FeedSeq(0) || cursor < head.horizon {
            return true;
        }
        let log = self.data.feeds.get(&head.feed);
        let changes: usize =
            log.map_or(0, |log| log.commits.range(cursor.0 + 1..).map(|(_, c)| c.pointers.len()).sum());
        changes > self.behaviour.changes_before_whole
    }

    fn whole(&mut self, head: &FeedHead) {
        let tables = || TableName::ALL.iter().copied().filter(|t| t.table().class == head.feed);
        let rows = tables().map(|t| self.data.of(t).count() as u64).sum();
        self.push(Frame::Whole { feed: head.feed, rows });
        for table in tables() {
            let rows: Vec<Arc<Row>> = self.data.of(table).cloned().collect();
            self.rows(table, &rows);
        }
        self.push(Frame::Page { feed: head.feed, to: head.head });
    }

    fn rows(&mut self, table: TableName, rows: &[Arc<Row>]) {
        for some in rows.chunks(self.behaviour.frame_rows.max(1)) {
            self.push(frames::rows(table, some));
        }
    }

    fn after(&mut self, head: &FeedHead, cursor: FeedSeq) -> FeedSeq {
        let Some(log) = self.data.feeds.get(&head.feed) else { return cursor };
        let mut reached = cursor.0;
        while reached < head.head.0 && !self.is_full() {
            let (mut pointers, mut to) = (0, reached);
            for (&seq, commit) in log.commits.range(reached + 1..=head.head.0) {
                pointers += commit.pointers.len();
                if pointers > self.behaviour.page_pointers && to > reached {
                    break;
                }
                to = seq;
            }
            if to == reached {
                break;
            }
            self.pointed(head.feed, reached, to);
            self.push(Frame::Page { feed: head.feed, to: FeedSeq(to) });
            reached = to;
        }
        FeedSeq(reached)
    }

    fn pointed(&mut self, feed: FeedClass, after: u64, to: u64) {
        let Some(log) = self.data.feeds.get(&feed) else { return };
        let mut by_table: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
        for (_, commit) in log.commits.range(after + 1..=to) {
            for (table, id) in &commit.pointers {
                by_table.entry(*table).or_default().insert(*id);
            }
        }
        self.some(by_table);
    }

    fn some(&mut self, by_table: BTreeMap<TableName, BTreeSet<Uuid>>) {
        let mut gone: Vec<(TableName, Vec<Uuid>)> = Vec::new();
        for (table, ids) in by_table {
            let (mut there, mut missing) = (Vec::new(), Vec::new());
            for id in ids {
                match self.data.rows.get(&(table, id)) {
                    Some(row) => there.push(Arc::clone(row)),
                    None => missing.push(id),
                }
            }
            self.rows(table, &there);
            if !missing.is_empty() {
                gone.push((table, missing));
            }
        }
        for (table, ids) in gone.into_iter().rev() {
            self.push(Frame::Gone { feed: table.table().class, table: table.as_str().to_owned(), ids });
        }
    }

    fn repair(&mut self, table: TableName, bucket: u8, held: &[Stamp]) {
        let held: BTreeMap<Uuid, (Rev, UtcInstant)> =
            held.iter().map(|s| (s.id, (s.rev, s.updated_at))).collect();
        let mut wanted: BTreeSet<Uuid> = held.keys().copied().collect();
        for row in self.data.of(table).filter(|row| bucket_of(row.id) == bucket) {
            if held.get(&row.id) == Some(&(row.rev, row.attribution.updated_at)) {
                wanted.remove(&row.id);
            } else {
                wanted.insert(row.id);
            }
        }
        self.some(BTreeMap::from([(table, wanted)]));
    }

    fn digests(&self, feeds: &[FeedHead], ask: &DigestAsk) -> Option<Vec<TableDigest>> {
        let key = Key::read(&ask.key).ok()?;
        let mut digests = Vec::new();
        for feed in feeds {
            for &table in TableName::ALL.iter().filter(|t| t.table().class == feed.feed) {
                if !ask.tables.is_empty() && !ask.tables.iter().any(|t| t == table.as_str()) {
                    continue;
                }
                let rows = self.data.of(table).map(|row| &**row);
                digests.push(digest(key, table, ask.content_of, rows));
            }
        }
        Some(digests)
    }
}

/// The digest of some rows of a table.
pub fn digest<'a>(
    key: Key,
    table: TableName,
    content_of: Option<u8>,
    rows: impl Iterator<Item = &'a Row>,
) -> TableDigest {
    let mut buckets = Buckets::default();
    for row in rows {
        match content_of {
            None => {
                let stamp = Stamp { id: row.id, rev: row.rev, updated_at: row.attribution.updated_at };
                buckets.add(row.id, key.stamp(&stamp));
            }
            Some(bucket) if bucket == bucket_of(row.id) => buckets.add(row.id, key.content(row)),
            Some(_) => {}
        }
    }
    TableDigest {
        feed: table.table().class,
        table: table.as_str().to_owned(),
        content_of,
        buckets: content_of.map_or_else(|| buckets.write(), |bucket| buckets.write_one(bucket)),
    }
}
