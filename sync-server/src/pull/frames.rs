//! Frames as bytes, gathered into chunks for the socket.

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;
use wattle_domain::{FeedClass, Table};
use wattle_protocol::pull::Frame;

use super::BrokeOff;

/// A chunk goes out when it is this big.
const CHUNK_BYTES: usize = 64 << 10;
/// Rows in one frame, at most.
const ROWS: usize = 500;
/// Bytes in one frame of rows, about.
const ROWS_BYTES: usize = 256 << 10;

/// The reader has gone.
pub(super) struct Gone;

/// Where chunks go.
enum Out {
    Reader(mpsc::Sender<Result<Bytes, BrokeOff>>),
    /// They stay in the buffer, as far as it may grow; `None` after it would have grown further.
    Memory(Option<usize>),
}

/// Where frames go.
pub(super) struct Frames {
    out: Out,
    buffer: Vec<u8>,
    /// Bytes of all frames so far.
    pub sent_bytes: u64,
}

impl Frames {
    pub fn new(out: mpsc::Sender<Result<Bytes, BrokeOff>>) -> Self {
        Self { out: Out::Reader(out), buffer: Vec::with_capacity(CHUNK_BYTES * 2), sent_bytes: 0 }
    }

    /// Frames that are gathered, up to so many bytes. What is more is read and dropped, so that a COPY comes to its end.
    pub fn in_memory(most_bytes: usize) -> Self {
        Self { out: Out::Memory(Some(most_bytes)), buffer: Vec::new(), sent_bytes: 0 }
    }

    /// All of what was gathered; `None` when it was too much.
    pub fn gathered(self) -> Option<Bytes> {
        match self.out {
            Out::Memory(Some(_)) => Some(self.buffer.into()),
            Out::Memory(None) | Out::Reader(_) => None,
        }
    }

    /// Frames that were gathered before.
    pub async fn ready(&mut self, frames: Bytes) -> Result<(), Gone> {
        self.flush().await?;
        self.sent_bytes += u64::try_from(frames.len()).unwrap_or_default();
        match &self.out {
            Out::Reader(out) if !frames.is_empty() => out.send(Ok(frames)).await.map_err(|_| Gone),
            Out::Reader(_) | Out::Memory(_) => Ok(()),
        }
    }

    /// A frame that is small.
    pub async fn frame(&mut self, frame: &Frame) -> Result<(), Gone> {
        let mut line = serde_json::to_vec(frame).unwrap_or_default();
        line.push(b'\n');
        self.line(&line).await
    }

    async fn line(&mut self, line: &[u8]) -> Result<(), Gone> {
        self.sent_bytes += u64::try_from(line.len()).unwrap_or_default();
        if let Out::Memory(most) = &mut self.out {
            if most.is_some_and(|most| self.buffer.len() + line.len() <= most) {
                self.buffer.extend_from_slice(line);
            } else {
                (*most, self.buffer) = (None, Vec::new());
            }
            return Ok(());
        }
        self.buffer.extend_from_slice(line);
        if self.buffer.len() >= CHUNK_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Sends what is gathered.
    pub async fn flush(&mut self) -> Result<(), Gone> {
        let Out::Reader(out) = &self.out else { return Ok(()) };
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES * 2));
        out.send(Ok(chunk.into())).await.map_err(|_| Gone)
    }
}

/// Rows of one table on their way into frames. The rows are JSON already, so the frame is put together as text.
pub(super) struct RowFrames {
    head: Vec<u8>,
    line: Vec<u8>,
    rows: usize,
}

/// A [`Frame::Rows`] without its rows; the fields come in the same order.
#[derive(Serialize)]
struct Head<'a> {
    frame: &'static str,
    feed: FeedClass,
    table: &'static str,
    columns: Vec<&'a str>,
    rows: [(); 0],
}

impl RowFrames {
    pub fn new(table: &Table) -> Self {
        let head = Head {
            frame: "rows",
            feed: table.class,
            table: table.sql,
            columns: table.columns.iter().map(|c| c.name).collect(),
            rows: [],
        };
        let mut head = serde_json::to_vec(&head).unwrap_or_default();
        // `…,"rows":[]}` without its end: rows follow.
        head.truncate(head.len().saturating_sub(2));
        Self { line: head.clone(), head, rows: 0 }
    }

    /// Where rows are to be appended, each followed by a comma.
    pub fn rows(&mut self) -> &mut Vec<u8> {
        &mut self.line
    }

    /// Rows were appended.
    pub fn added(&mut self, rows: usize) {
        self.rows += rows;
    }

    /// Whether the frame should go.
    pub fn is_full(&self) -> bool {
        self.rows >= ROWS || self.line.len() >= ROWS_BYTES
    }

    /// Sends the frame, if there is a row in it.
    pub async fn send(&mut self, frames: &mut Frames) -> Result<(), Gone> {
        if self.rows == 0 {
            return Ok(());
        }
        self.line.pop();
        self.line.extend_from_slice(b"]}\n");
        frames.line(&self.line).await?;
        self.line.clear();
        self.line.extend_from_slice(&self.head);
        self.rows = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_domain::TableName;

    #[tokio::test]
    async fn what_is_gathered_is_what_would_have_been_sent_or_nothing() {
        let page = Frame::Page { feed: FeedClass::Front, to: wattle_domain::FeedSeq(7) };
        let (out, mut received) = mpsc::channel(4);
        let mut sent = Frames::new(out);
        let mut gathered = Frames::in_memory(100);
        for _ in 0..2 {
            assert!(sent.frame(&page).await.is_ok() && gathered.frame(&page).await.is_ok());
        }
        assert!(sent.flush().await.is_ok() && gathered.flush().await.is_ok());
        assert_eq!(gathered.sent_bytes, sent.sent_bytes);
        let bytes = gathered.gathered().unwrap();
        assert_eq!(bytes, received.recv().await.unwrap().unwrap());
        assert!(sent.ready(bytes.clone()).await.is_ok());
        assert_eq!(received.recv().await.unwrap().unwrap(), bytes);

        let mut full = Frames::in_memory(bytes.len() - 1);
        for _ in 0..3 {
            assert!(full.frame(&page).await.is_ok(), "read on to the end");
        }
        assert_eq!(full.gathered(), None, "not a part of it");
    }

    #[tokio::test]
    async fn rows_put_together_as_text_are_a_frame() {
        let (out, mut received) = mpsc::channel(4);
        let mut frames = Frames::new(out);
        let mut rows = RowFrames::new(TableName::UserName.table());
        rows.rows().extend_from_slice(b"[\"a\",1],[\"b\",2],");
        rows.added(2);
        assert!(rows.send(&mut frames).await.is_ok());
        assert!(rows.send(&mut frames).await.is_ok(), "an empty frame is not sent");
        assert!(frames.flush().await.is_ok());
        let chunk = received.recv().await.unwrap().unwrap();
        let frame: Frame = serde_json::from_slice(&chunk).unwrap();
        let Frame::Rows { feed, table, columns, rows } = frame else { panic!("{frame:?}") };
        assert_eq!((feed, table.as_str(), rows.len()), (FeedClass::Ref, "user_name", 2));
        assert_eq!(columns, ["display_name", "active"]);
    }
}
