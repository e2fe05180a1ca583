//! Rows in PostgreSQL's binary COPY form.
//!
//! Binary rather than text, because nothing in it needs escaping: a value is its length and its bytes.

use std::sync::Arc;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_domain::table::{Column, ColumnKind};

use crate::error::Error;

const HEADER: &[u8] = b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0";
/// Behind the last row.
const END: [u8; 2] = (-1_i16).to_be_bytes();
/// Days and milliseconds from 1970 to PostgreSQL's own epoch, 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MS: i64 = EPOCH_DAYS * 86_400_000;
/// `text`, for the elements of an array.
const TEXT_OID: i32 = 25;
/// A buffer this full is sent.
const FULL_BYTES: usize = 2 << 20;

/// Rows waiting to be sent to one table.
#[derive(Debug)]
pub(crate) struct CopyRows {
    statement: Arc<str>,
    bytes: Vec<u8>,
}

/// Batches that may wait while PostgreSQL takes in the one before, so that rows are made meanwhile and memory stays bounded.
pub(crate) const WAITING: usize = 3;

/// Rows that are on their way to one table.
#[derive(Debug)]
pub(crate) struct Batch {
    statement: Arc<str>,
    rows: Vec<u8>,
}

impl Batch {
    /// This one, in a COPY of its own.
    pub(crate) async fn send(self, connection: &mut PgConnection) -> Result<(), Error> {
        let (only, batches) = mpsc::channel(1);
        // There is room for one, and somebody who takes it.
        let _ = only.try_send(self);
        drop(only);
        Self::send_all(batches, connection).await
    }

    /// All that come, one behind the other in one COPY: they must be of one [`CopyRows`].
    pub(crate) async fn send_all(
        mut batches: mpsc::Receiver<Self>,
        connection: &mut PgConnection,
    ) -> Result<(), Error> {
        let Some(mut batch) = batches.recv().await else { return Ok(()) };
        let sent = async {
            let mut copy = connection.copy_in_raw(&batch.statement).await?;
            copy.send(HEADER).await?;
            loop {
                copy.send(batch.rows).await?;
                let Some(next) = batches.recv().await else { break };
                batch = next;
            }
            copy.send(&END[..]).await?;
            copy.finish().await
        };
        sent.await.map(drop).map_err(Error::db("copying rows"))
    }
}

impl CopyRows {
    /// For a table and columns, both named by this program.
    pub(crate) fn new(table: &str, columns: &str) -> Self {
        let statement = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)").into();
        Self { statement, bytes: Vec::new() }
    }

    pub(crate) fn row(&mut self, fields: i16) {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
    }

    fn value(&mut self, bytes: &[u8]) {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.value(text.as_bytes());
    }

    pub(crate) fn maybe_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    pub(crate) fn bigint(&mut self, number: i64) {
        self.value(&number.to_be_bytes());
    }

    pub(crate) fn uuid(&mut self, id: Uuid) {
        self.value(id.as_bytes());
    }

    /// `text[]`.
    pub(crate) fn texts(&mut self, cells: &[Option<String>]) {
        let mut array: Vec<u8> =
            Vec::with_capacity(20 + cells.iter().flatten().map(|c| c.len() + 4).sum::<usize>());
        let count = i32::try_from(cells.len()).unwrap_or(i32::MAX);
        let has_null = i32::from(cells.iter().any(Option::is_none));
        let head =
            if cells.is_empty() { vec![0, 0, TEXT_OID] } else { vec![1, has_null, TEXT_OID, count, 1] };
        head.iter().for_each(|n: &i32| array.extend_from_slice(&n.to_be_bytes()));
        for cell in cells {
            match cell {
                Some(text) => {
                    array.extend_from_slice(&i32::try_from(text.len()).unwrap_or(i32::MAX).to_be_bytes());
                    array.extend_from_slice(text.as_bytes());
                }
                None => array.extend_from_slice(&(-1_i32).to_be_bytes()),
            }
        }
        self.value(&array);
    }

    /// A column of a target table, from its wire form.
    pub(crate) fn column(
        &mut self,
        table: &'static str,
        column: &Column,
        value: &Value,
    ) -> Result<(), Error> {
        let shape = || Error::Shape { table, column: column.name };
        let text = || value.as_str().ok_or_else(shape);
        let integer = || value.as_i64().ok_or_else(shape);
        match column.kind {
            ColumnKind::Json => {
                let json = value.to_string();
                self.value(&[&[1], json.as_bytes()].concat());
            }
            _ if value.is_null() => self.null(),
            ColumnKind::Text => self.text(text()?),
            ColumnKind::Int => self.bigint(integer()?),
            ColumnKind::Bool => self.value(&[u8::from(value.as_bool().ok_or_else(shape)?)]),
            ColumnKind::Date => {
                let date: chrono::NaiveDate = text()?.parse().map_err(|_| shape())?;
                let days = date.signed_duration_since(chrono::NaiveDate::default()).num_days() - EPOCH_DAYS;
                self.value(&i32::try_from(days).map_err(|_| shape())?.to_be_bytes());
            }
            ColumnKind::Instant => {
                let micros = (integer()? - EPOCH_MS).checked_mul(1_000).ok_or_else(shape)?;
                self.bigint(micros);
            }
            ColumnKind::Uuid => self.uuid(text()?.parse().map_err(|_| shape())?),
        }
        Ok(())
    }

    /// What there is when there is much of it, or `all`.
    pub(crate) fn batch(&mut self, all: bool) -> Option<Batch> {
        if self.bytes.is_empty() || (!all && self.bytes.len() < FULL_BYTES) {
            return None;
        }
        let room = if all { 0 } else { FULL_BYTES + FULL_BYTES / 16 };
        let rows = std::mem::replace(&mut self.bytes, Vec::with_capacity(room));
        Some(Batch { statement: Arc::clone(&self.statement), rows })
    }

    /// The same, sent at once.
    pub(crate) async fn send(&mut self, connection: &mut PgConnection, all: bool) -> Result<(), Error> {
        match self.batch(all) {
            Some(batch) => batch.send(connection).await,
            None => Ok(()),
        }
    }
}
