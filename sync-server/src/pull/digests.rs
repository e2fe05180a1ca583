//! Digests of the tables of a snapshot, under the same row-level security as its rows.

use futures::TryStreamExt;
use wattle_domain::TableName;
use wattle_protocol::digest::{Stamp, TableDigest};
use wattle_protocol::session::FeedHead;
use wattle_sync_rules::digest::{Buckets, Key};

use super::Ended;
use super::asked::Digests;
use super::producer::{Producer, database, tables_of};
use crate::db::copy::CopyReader;
use crate::db::stamps::StampReader;
use crate::db::{codec, table_sql};

impl Producer<'_> {
    /// The digests that were asked for, of tables of these feeds.
    pub(super) async fn digests(
        &mut self,
        feeds: &[FeedHead],
        asked: &Digests,
    ) -> Result<Vec<TableDigest>, Ended> {
        let mut digests = Vec::new();
        for feed in feeds {
            let wanted =
                |table: &TableName| asked.tables.as_ref().is_none_or(|tables| tables.contains(table));
            for table in tables_of(feed.feed).filter(wanted) {
                let buckets = match asked.content_of {
                    None => self.stamps_of(table, asked.key).await?.write(),
                    Some(bucket) => self.content_of(table, asked.key, bucket).await?.write_one(bucket),
                };
                digests.push(TableDigest {
                    feed: feed.feed,
                    table: table.as_str().to_owned(),
                    content_of: asked.content_of,
                    buckets,
                });
            }
        }
        Ok(digests)
    }

    async fn stamps_of(&mut self, table: TableName, key: Key) -> Result<Buckets, Ended> {
        let mut buckets = Buckets::default();
        self.stamps(table, None, |stamp| buckets.add(stamp.id, key.stamp(&stamp))).await?;
        Ok(buckets)
    }

    /// Reads the stamps of a table, or of some of its buckets.
    pub(super) async fn stamps(
        &mut self,
        table: TableName,
        buckets: Option<&[u8]>,
        mut each: impl FnMut(Stamp),
    ) -> Result<(), Ended> {
        let statement = table_sql::copy_stamps(table, self.clinic, buckets);
        let mut reader = StampReader::default();
        let mut stream = self.connection.copy_out_raw(&statement).await.map_err(database)?;
        while let Some(chunk) = stream.try_next().await.map_err(database)? {
            reader.take(&chunk, &mut each).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Whole rows of one bucket, read out of the very text that a pull would send.
    async fn content_of(&mut self, name: TableName, key: Key, bucket: u8) -> Result<Buckets, Ended> {
        let table = name.table();
        let statement = table_sql::copy_bucket(name, self.clinic, bucket);
        let mut reader = CopyReader::new(table, &self.sealer);
        let mut buckets = Buckets::default();
        let mut text = Vec::new();
        let mut stream = self.connection.copy_out_raw(&statement).await.map_err(database)?;
        while let Some(chunk) = stream.try_next().await.map_err(database)? {
            text.clear();
            let mut ends = Vec::new();
            reader.take(&chunk, &mut text, |_, end| ends.push(end)).map_err(|error| error.to_string())?;
            let mut start = 0;
            for end in ends {
                // Each row is followed by a comma.
                let row = text.get(start..end.saturating_sub(1)).unwrap_or_default();
                let row = codec::row(table, &String::from_utf8_lossy(row)).map_err(database)?;
                buckets.add(row.id, key.content(&row));
                start = end;
            }
        }
        Ok(buckets)
    }
}
