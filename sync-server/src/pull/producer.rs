//! The work behind a pull: one snapshot, feed after feed.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use futures::TryStreamExt;
use sqlx::Executor;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Postgres};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use wattle_domain::{ClinicId, CommandId, FeedClass, FeedSeq, TableName};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::Answer;
use wattle_protocol::session::{Cursors, FeedHead};

use super::BrokeOff;
use super::frames::{Frames, Gone, RowFrames};
use crate::auth::Session;
use crate::db::copy::CopyReader;
use crate::db::error::describe;
use crate::db::{command_log, feed, table_sql};
use crate::error::ApiError;
use crate::state::AppState;

/// Commits looked at together.
const COMMITS: i64 = 500;
/// Pointers of a page, about; a commit is never cut.
const POINTERS: i64 = 2000;
/// Ids of one statement.
const IDS: usize = 1000;

/// Why a pull ended before its checkpoint; a text for the log.
type Ended = String;

fn database(error: sqlx::Error) -> Ended {
    describe(&error)
}

fn reader_gone(_: Gone) -> Ended {
    "reader gone".to_owned()
}

/// Runs one pull. Tells `begun` whether it could begin; after that frames go to `chunks`.
pub(super) async fn run(
    app: AppState,
    session: Session,
    asked: Pull,
    begun: oneshot::Sender<Result<(), ApiError>>,
    chunks: mpsc::Sender<Result<Bytes, BrokeOff>>,
) -> Result<(), Ended> {
    let mut connection = match app.pool.acquire().await {
        Ok(connection) => Snapshot::new(connection),
        Err(error) => {
            let _ = begun.send(Err(error.into()));
            return Ok(());
        }
    };
    let heads = match begin(connection.get()?, &session, &asked).await {
        Ok(heads) => heads,
        Err(error) => {
            let _ = begun.send(Err(error));
            return Ok(());
        }
    };
    if begun.send(Ok(())).is_err() {
        return Ok(());
    }
    let mut pull = Producer {
        connection: connection.get()?,
        clinic: session.clinic,
        frames: Frames::new(chunks),
        max_bytes: asked.max_bytes,
        changes_before_whole: app.config.changes_before_whole,
    };
    pull.feeds(&heads, &asked.cursors, &asked.awaiting).await?;
    connection.finish().await
}

/// A connection in a read-only transaction. Unless it is finished in order it is closed, never given back: it may be in
/// the middle of a transaction or of a COPY.
struct Snapshot(Option<PoolConnection<Postgres>>);

impl Snapshot {
    fn new(connection: PoolConnection<Postgres>) -> Self {
        Self(Some(connection))
    }

    fn get(&mut self) -> Result<&mut PgConnection, Ended> {
        self.0.as_deref_mut().ok_or_else(|| "no connection".to_owned())
    }

    async fn finish(mut self) -> Result<(), Ended> {
        self.get()?.execute("COMMIT").await.map_err(database)?;
        // Back to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take() {
            connection.close_on_drop();
        }
    }
}

/// Opens the snapshot and checks that the cursors make sense in it.
async fn begin(
    connection: &mut PgConnection,
    session: &Session,
    asked: &Pull,
) -> Result<Vec<FeedHead>, ApiError> {
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    // A reader may be slow; the pull as a whole has its own limit.
    connection
        .execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        .await?;
    session.identity().set(connection).await?;
    if feed::epoch(connection).await? != asked.epoch {
        return Err(ApiError::because(ErrorCode::Resnapshot, "another epoch"));
    }
    let heads = feed::heads(connection, session.clinic).await?;
    for (held, cursor) in &asked.cursors {
        match heads.iter().find(|h| h.feed == *held) {
            None => return Err(ApiError::because(ErrorCode::Resnapshot, "a feed that is not granted")),
            Some(head) if *cursor > head.head => {
                return Err(ApiError::because(ErrorCode::Resnapshot, "a cursor ahead of the server"));
            }
            Some(_) => {}
        }
    }
    Ok(heads)
}

struct Producer<'a> {
    connection: &'a mut PgConnection,
    clinic: ClinicId,
    frames: Frames,
    max_bytes: u64,
    changes_before_whole: i64,
}

impl Producer<'_> {
    async fn feeds(
        &mut self,
        heads: &[FeedHead],
        cursors: &Cursors,
        awaiting: &[CommandId],
    ) -> Result<(), Ended> {
        let mut reached: Cursors = Cursors::new();
        let mut complete = true;
        for head in heads {
            let cursor = cursors.get(&head.feed).copied().unwrap_or_default();
            let to = if cursor == head.head {
                cursor
            } else if self.is_full() {
                complete = false;
                cursor
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
        // A verdict counts when the rows that it is about are there: with the last page, not before.
        let answers = if complete { self.answers(awaiting).await? } else { Vec::new() };
        let checkpoint = Frame::Checkpoint { cursors: reached, answers, complete, digests: Vec::new() };
        self.frames.frame(&checkpoint).await.map_err(reader_gone)?;
        self.frames.flush().await.map_err(reader_gone)
    }

    /// A first sync, a cursor that is too old, or so many changes that all rows are less.
    async fn goes_whole(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<bool, Ended> {
        if cursor == FeedSeq(0) || cursor < head.horizon {
            return Ok(true);
        }
        let changes =
            feed::changes(self.connection, self.clinic, head.feed, cursor).await.map_err(database)?;
        Ok(changes > self.changes_before_whole)
    }

    fn is_full(&self) -> bool {
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
        let tables: Vec<TableName> =
            TableName::ALL.iter().copied().filter(|t| t.table().class == head.feed).collect();
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

    async fn page(&mut self, feed: FeedClass, to: FeedSeq) -> Result<(), Ended> {
        self.frames.frame(&Frame::Page { feed, to }).await.map_err(reader_gone)
    }

    /// What the commits after a cursor point at, page by page; returns how far it came.
    async fn after(&mut self, head: &FeedHead, cursor: FeedSeq) -> Result<FeedSeq, Ended> {
        let mut reached = cursor;
        while reached < head.head && !self.is_full() {
            let commits = feed::commits(self.connection, self.clinic, head.feed, reached, COMMITS)
                .await
                .map_err(database)?;
            let mut pointers = 0;
            let mut to = reached;
            for (seq, n) in commits {
                pointers += n;
                if pointers > POINTERS && to > reached {
                    break;
                }
                to = seq;
            }
            if to == reached {
                return Err(format!("feed {} has a hole", head.feed.as_str()));
            }
            self.pointed(head.feed, reached, to).await?;
            self.page(head.feed, to).await?;
            reached = to;
        }
        Ok(reached)
    }

    /// The present state of the rows that some commits point at.
    async fn pointed(&mut self, class: FeedClass, after: FeedSeq, to: FeedSeq) -> Result<(), Ended> {
        let found = feed::pointers(self.connection, self.clinic, class, after, to).await.map_err(database)?;
        let mut by_table: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
        for (table, id) in found {
            // A table that this version does not know is for newer nodes.
            if let Ok(table) = table.parse::<TableName>() {
                by_table.entry(table).or_default().insert(id);
            }
        }
        let mut gone: BTreeMap<TableName, Vec<Uuid>> = BTreeMap::new();
        for (table, mut ids) in by_table {
            let all: Vec<Uuid> = ids.iter().copied().collect();
            for some in all.chunks(IDS) {
                for id in self.rows(table, Some(some)).await? {
                    ids.remove(&id);
                }
            }
            if !ids.is_empty() {
                gone.insert(table, ids.into_iter().collect());
            }
        }
        // Children before parents.
        for (table, ids) in gone.into_iter().rev() {
            let frame = Frame::Gone { feed: class, table: table.as_str().to_owned(), ids };
            self.frames.frame(&frame).await.map_err(reader_gone)?;
        }
        Ok(())
    }

    /// Streams rows of a table, all or some, and returns the ids that were there when only some were asked for.
    async fn rows(&mut self, name: TableName, ids: Option<&[Uuid]>) -> Result<Vec<Uuid>, Ended> {
        let table = name.table();
        let columns = &table_sql::of(name).copy_columns;
        // COPY takes no parameters; ids are hexadecimal digits and hyphens.
        let some = ids.map(|ids| {
            let list: Vec<String> = ids.iter().map(Uuid::to_string).collect();
            format!(" AND id = ANY ('{{{}}}'::uuid[])", list.join(","))
        });
        let statement = format!(
            "COPY (SELECT {columns} FROM clinic.{} WHERE clinic_id = '{}'{} ORDER BY id) TO STDOUT (FORMAT binary)",
            table.sql,
            self.clinic,
            some.unwrap_or_default()
        );
        let mut found = Vec::new();
        let mut reader = CopyReader::new(table);
        let mut rows = RowFrames::new(table);
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
