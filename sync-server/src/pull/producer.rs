//! The work behind a pull: one snapshot, feed after feed, then what was asked beside the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use futures::TryStreamExt;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, FeedClass, FeedSeq, TableName, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::Frame;
use wattle_protocol::push::Answer;
use wattle_protocol::session::{Cursors, FeedHead};

use super::asked::Asked;
use super::frames::{Frames, Gone, RowFrames};
use super::recent::{MOST_CHANGES, MOST_STEP_BYTES, Missed};
use super::snapshot::Snapshot;
use super::{BrokeOff, Ended, Recent};
use crate::auth::Session;
use crate::db::copy::CopyReader;
use crate::db::error::describe;
use crate::db::{command_log, feed, table_sql};
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::seal::Sealer;
use crate::state::AppState;

pub(super) fn database(error: sqlx::Error) -> Ended {
    describe(&error)
}

pub(super) fn reader_gone(_: Gone) -> Ended {
    "reader gone".to_owned()
}

/// Runs one pull. Tells `begun` whether it could begin; after that frames go to `chunks`.
pub(super) async fn run(
    app: AppState,
    session: Session,
    asked: Asked,
    begun: oneshot::Sender<Result<(), ApiError>>,
    chunks: mpsc::Sender<Result<Bytes, BrokeOff>>,
) -> Result<(), Ended> {
    let (mut snapshot, feeds, sealer) = match begin(&app, &session, &asked).await {
        Ok(begun) => begun,
        Err(error) => {
            let _ = begun.send(Err(error));
            return Ok(());
        }
    };
    if begun.send(Ok(())).is_err() {
        return Ok(());
    }
    let mut pull = Producer {
        connection: snapshot.get()?,
        clinic: session.clinic,
        workstation: session.workstation,
        sealer,
        metrics: app.metrics.clone(),
        frames: Frames::new(chunks),
        max_bytes: asked.pull.max_bytes,
        changes_before_whole: app.config.changes_before_whole,
        epoch: asked.pull.epoch.clone(),
        recent: app.recent.clone(),
    };
    pull.answer(&feeds, &asked).await?;
    snapshot.finish().await
}

/// Opens the snapshot and checks that the cursors make sense in it.
async fn begin(
    app: &AppState,
    session: &Session,
    asked: &Asked,
) -> Result<(Snapshot, Vec<FeedHead>, Sealer), ApiError> {
    let broken = |cause: Ended| ApiError::because(ErrorCode::Internal, cause);
    let mut snapshot = Snapshot::begin(&app.pool, &session.identity()).await?;
    let connection = snapshot.get().map_err(broken)?;
    let look = feed::look(connection, session.clinic).await?;
    if look.epoch != asked.pull.epoch {
        return Err(ApiError::because(ErrorCode::Resnapshot, "another epoch"));
    }
    let feeds = asked.feeds(look.feeds)?;
    // In the snapshot: what rests in it rests under this key or an older one.
    let is_sealed =
        |feed: &FeedHead| tables_of(feed.feed).any(|table| table.table().sealed().next().is_some());
    let generation = look.generation.filter(|_| feeds.iter().any(is_sealed));
    let sealer = app.seals.at(session.clinic, generation).await?;
    Ok((snapshot, feeds, sealer))
}

/// Reads a snapshot into frames.
pub(super) struct Producer<'a> {
    pub connection: &'a mut PgConnection,
    pub clinic: ClinicId,
    pub workstation: WorkstationId,
    pub sealer: Sealer,
    pub metrics: Arc<Metrics>,
    pub frames: Frames,
    /// No page is begun after so many bytes.
    pub max_bytes: u64,
    pub changes_before_whole: i64,
    pub epoch: String,
    pub recent: Arc<Recent>,
}

impl Producer<'_> {
    async fn answer(&mut self, feeds: &[FeedHead], asked: &Asked) -> Result<(), Ended> {
        let (cursors, complete) = if asked.pull.reconcile {
            (feeds.iter().map(|feed| (feed.feed, feed.head)).collect(), true)
        } else {
            self.feeds(feeds, &asked.pull.cursors).await?
        };
        if complete && !asked.pull.reconcile {
            let before = self.frames.sent_bytes;
            self.repair(feeds, &asked.repairs).await?;
            self.metrics.repaired(self.frames.sent_bytes - before);
        }
        let digests = match &asked.digests {
            Some(digests) if complete => self.digests(feeds, digests).await?,
            _ => Vec::new(),
        };
        // A verdict counts when the rows that it is about are there: with the last page, not before.
        let answers = if complete { self.answers(&asked.pull.awaiting).await? } else { Vec::new() };
        self.metrics.desk(self.clinic, self.workstation, &cursors);
        let checkpoint = Frame::Checkpoint { cursors, answers, complete, digests };
        self.frames.frame(&checkpoint).await.map_err(reader_gone)?;
        self.frames.flush().await.map_err(reader_gone)
    }

    /// Rows after the cursors; how far it came, and whether that is the end.
    async fn feeds(&mut self, feeds: &[FeedHead], cursors: &Cursors) -> Result<(Cursors, bool), Ended> {
        let mut reached: Cursors = Cursors::new();
        let mut complete = true;
        for head in feeds {
            let cursor = cursors.get(&head.feed).copied().unwrap_or_default();
            let to = if cursor == head.head {
                cursor
            } else if self.is_full() {
                complete = false;
                cursor
            } else if let Some(step) = self.shelved(head, cursor).await? {
                self.frames.ready(step).await.map_err(reader_gone)?;
                head.head
            } else if self.goes_whole(head, cursor).await? {
                self.whole(head).await?;
                head.head
            } else {
                let to = self.after(head, cursor).await?;
                complete &= to == head.head;
                to
            };
            reached.insert(head.feed, to);
        }
        Ok((reached, complete))
    }

    /// The rows after a cursor, which others may have missed as well; `None` when they are too many to keep.
    async fn shelved(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<Option<Bytes>, Ended> {
        if cursor == FeedSeq(0) || cursor < head.horizon {
            return Ok(None);
        }
        let (clinic, epoch) = (self.clinic, self.epoch.clone());
        let step = self.recent.step(Missed { clinic, epoch, feed: head.feed, after: cursor, to: head.head });
        let found = step.get_or_try_init(|| self.gather(head, cursor)).await?;
        let room = self.max_bytes.saturating_sub(self.frames.sent_bytes);
        let fits = |step: &Bytes| u64::try_from(step.len()).is_ok_and(|bytes| bytes <= room);
        Ok(found.clone().filter(fits))
    }

    /// Reads them into memory.
    async fn gather(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<Option<Bytes>, Ended> {
        let changes =
            feed::changes(self.connection, self.clinic, head.feed, cursor).await.map_err(database)?;
        if changes > MOST_CHANGES.min(self.changes_before_whole) {
            return Ok(None);
        }
        let out = std::mem::replace(&mut self.frames, Frames::in_memory(MOST_STEP_BYTES));
        let reached = self.after(head, cursor).await;
        let frames = std::mem::replace(&mut self.frames, out);
        let is_all = reached? == head.head;
        Ok(frames.gathered().filter(|_| is_all))
    }

    /// A first sync, a cursor that is too old, or so many changes that all rows are less.
    pub(super) async fn goes_whole(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<bool, Ended> {
        if cursor == FeedSeq(0) || cursor < head.horizon {
            return Ok(true);
        }
        let changes =
            feed::changes(self.connection, self.clinic, head.feed, cursor).await.map_err(database)?;
        Ok(changes > self.changes_before_whole)
    }

    pub(super) fn is_full(&self) -> bool {
        self.frames.sent_bytes >= self.max_bytes
    }

    async fn answers(&mut self, awaiting: &[CommandId]) -> Result<Vec<Answer>, Ended> {
        if awaiting.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = awaiting.iter().map(|c| c.0).collect();
        let found = command_log::verdicts(self.connection, self.clinic, &ids).await.map_err(database)?;
        let mut found: BTreeMap<CommandId, _> = found.into_iter().collect();
        let answer = |id: &CommandId| {
            let logged = found.remove(id)?;
            Some(Answer { command_id: *id, verdict: logged.verdict, duplicate: true })
        };
        Ok(awaiting.iter().filter_map(answer).collect())
    }

    /// Every row of a feed, parents before children, in the order of their ids.
    async fn whole(&mut self, head: &FeedHead) -> Result<(), Ended> {
        let tables: Vec<TableName> = tables_of(head.feed).collect();
        let mut rows = 0;
        for table in &tables {
            let sql = format!("SELECT count(*) FROM clinic.{} WHERE clinic_id = $1", table.as_str());
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(self.clinic.0)
                .fetch_one(&mut *self.connection)
                .await
                .map_err(database)?;
            rows += u64::try_from(count).unwrap_or_default();
        }
        self.frames.frame(&Frame::Whole { feed: head.feed, rows }).await.map_err(reader_gone)?;
        for table in tables {
            self.rows(table, None).await?;
        }
        self.page(head.feed, head.head).await
    }

    pub(super) async fn page(&mut self, feed: FeedClass, to: FeedSeq) -> Result<(), Ended> {
        self.frames.frame(&Frame::Page { feed, to }).await.map_err(reader_gone)
    }

    pub(super) async fn gone(&mut self, table: TableName, ids: Vec<Uuid>) -> Result<(), Ended> {
        let frame = Frame::Gone { feed: table.table().class, table: table.as_str().to_owned(), ids };
        self.frames.frame(&frame).await.map_err(reader_gone)
    }

    /// Streams rows of a table, all or some, and returns the ids that were there when only some were asked for.
    pub(super) async fn rows(&mut self, name: TableName, ids: Option<&[Uuid]>) -> Result<Vec<Uuid>, Ended> {
        let table = name.table();
        let mut found = Vec::new();
        let mut reader = CopyReader::new(table, &self.sealer);
        let mut rows = RowFrames::new(table);
        let statement = table_sql::copy_rows(name, self.clinic, ids);
        let mut stream = self.connection.copy_out_raw(&statement).await.map_err(database)?;
        while let Some(chunk) = stream.try_next().await.map_err(database)? {
            let mut taken = 0;
            let read = reader.take(&chunk, rows.rows(), |id, _| {
                taken += 1;
                if ids.is_some() {
                    found.push(id);
                }
            });
            read.map_err(|error| error.to_string())?;
            rows.added(taken);
            if rows.is_full() {
                rows.send(&mut self.frames).await.map_err(reader_gone)?;
            }
        }
        drop(stream);
        rows.send(&mut self.frames).await.map_err(reader_gone)?;
        Ok(found)
    }
}

/// The tables of a feed, parents before children.
pub(super) fn tables_of(feed: FeedClass) -> impl Iterator<Item = TableName> {
    TableName::ALL.iter().copied().filter(move |table| table.table().class == feed)
}
