//! One table of the export into the target, in one transaction: rows, rejects, notes, counts that add up.
//!
//! What records become is made in memory (`landed`) and sent in batches; the rest is SQL from table to table.

use std::collections::BTreeMap;

use futures::{Stream, TryStreamExt};
use ring::digest::{SHA256, digest};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Postgres, Transaction};
use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_domain::row::Fields;
use wattle_domain::{Table, TableName};

use super::copy::WAITING;
use super::landed::Landed;
use super::merge;
use super::removal;
use super::stage::Run;
use crate::convert::{self, Outcome, TargetRow};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::map_key::MapKey;
use crate::mapping::Bound;
use crate::raw::RawRow;
use crate::report::TableReport;

/// Where the rows of a table come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) file: &'a str,
    /// `None` for what the mapping sets up.
    pub(crate) table: Option<SourceTable>,
    pub(crate) source: Option<Uuid>,
    /// The whole table as FileMaker has it: what it lacks is gone.
    pub(crate) whole: bool,
    /// Under what the map keeps its hashes.
    pub(crate) key: Option<&'a MapKey>,
}

impl Origin<'_> {
    pub(crate) fn name(&self) -> &'static str {
        self.table.map_or("setup", SourceTable::as_str)
    }
}

/// The load in hand.
pub(crate) struct TableLoad<'c> {
    tx: Transaction<'c, Postgres>,
    run: Run,
    origin: Origin<'c>,
    landed: Landed<'c>,
}

impl<'c> TableLoad<'c> {
    /// Opens the transaction and makes a landing table for each target.
    pub(crate) async fn begin(
        connection: &'c mut PgConnection,
        run: Run,
        origin: Origin<'c>,
        targets: &[TableName],
    ) -> Result<Self, Error> {
        let mut tx = connection.begin().await.map_err(Error::db("beginning a table"))?;
        // Whole tables are compared with whole tables. A table that was empty a minute ago has no statistics yet, and a planner
        // that believes it still is would compare them row by row, for hours. The memory is for sorting them by their ids.
        tx.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
            .await
            .map_err(Error::db("beginning a table"))?;
        for &name in targets {
            tx.execute(merge::landing(name.table())).await.map_err(Error::db("making a landing table"))?;
        }
        Ok(Self { tx, run, origin, landed: Landed::new(run, origin, targets) })
    }

    /// Every record of a table: `convert` says what it becomes, `taken` hears how many there were. PostgreSQL takes in the rows
    /// of some while the next are read and converted.
    pub(crate) async fn fill(
        &mut self,
        bound: &Bound,
        mut records: impl Stream<Item = Result<RawRow, Error>> + Unpin,
        mut convert: impl FnMut(&RawRow) -> Outcome,
        taken: impl Fn(u64),
    ) -> Result<(), Error> {
        let (ready, mut waiting) = mpsc::channel(WAITING);
        let Self { tx, landed, .. } = self;
        let makes = async move {
            while let Some(record) = records.try_next().await? {
                landed.take(bound, &record, convert(&record))?;
                taken(landed.taken());
                while let Some(batch) = landed.batch(false) {
                    if ready.send(batch).await.is_err() {
                        // Whoever sent them knows why not.
                        return Ok(());
                    }
                }
            }
            Ok(())
        };
        let sends = async {
            while let Some(batch) = waiting.recv().await {
                batch.send(tx).await?;
            }
            Ok(())
        };
        tokio::try_join!(makes, sends).map(drop)
    }

    /// A row for the target that is of no record.
    pub(crate) fn row(&mut self, key: &str, row: &TargetRow) -> Result<(), Error> {
        self.landed.land((key, None), row)
    }

    /// Merges, counts what really is there, and commits if it adds up.
    pub(crate) async fn finish(mut self) -> Result<TableReport, Error> {
        while let Some(batch) = self.landed.batch(true) {
            batch.send(&mut self.tx).await?;
        }
        let main = self.origin.table.map(convert::main).unwrap_or_default();
        let names: Vec<TableName> = self.landed.tables().collect();
        let (mut stay, mut worked_on) = (std::mem::take(&mut self.landed.rejected_keys), Vec::new());
        if self.origin.table.is_some() {
            worked_on = removal::worked_on(&mut self.tx, self.run, self.origin, &names, main).await?;
            worked_on.retain(|key| !stay.contains(key));
            stay.extend_from_slice(&worked_on);
        }
        // What is gone goes first: its slots in the book are free for what comes.
        let mut removed = BTreeMap::new();
        for &name in names.iter().filter(|name| self.origin.table.is_some() && !stays(**name)) {
            let gone = removal::remove(&mut self.tx, self.run, self.origin, name, (main, &stay)).await?;
            removed.insert(name, gone);
        }
        for &name in &names {
            let mut merged = merge::merge(&mut self.tx, self.run, self.origin, name).await?;
            merged.removed = removed.get(&name).copied().unwrap_or(0);
            if self.origin.whole && main.first() == Some(&name) {
                merged.kept += worked_on.len() as u64;
            }
            if main.contains(&name) {
                self.landed.report.main.add(merged);
            }
            self.landed.report.targets.insert(name.as_str(), merged);
        }
        if let Some(source) = self.origin.source {
            self.count(main, source).await?;
        }
        for &name in &names {
            let drop = format!("DROP TABLE {}", merge::landing_name(name.table()));
            self.tx
                .execute(sqlx::AssertSqlSafe(drop))
                .await
                .map_err(Error::db("dropping a landing table"))?;
        }
        self.tx.commit().await.map_err(Error::db("committing a table"))?;
        Ok(self.landed.report)
    }

    /// Three counts that nobody derived from each other: staged records, rows of the target, rejects.
    async fn count(&mut self, main: &[TableName], source: Uuid) -> Result<(), Error> {
        let landed = main.iter().map(|name| {
            let (table, landing) = (name.table().sql, merge::landing_name(name.table()));
            format!("SELECT l.source_key FROM clinic.{table} t JOIN {landing} l ON l.id = t.id WHERE t.clinic_id = $2")
        });
        let landed = landed.collect::<Vec<_>>().join(" UNION ALL ");
        // A record may have become several rows; where it becomes one, counting rows is cheaper.
        let several = matches!(self.origin.table, Some(SourceTable::Allergies | SourceTable::Documents));
        let what = if several { "count(DISTINCT source_key)" } else { "count(*)" };
        let sql = format!(
            "SELECT (SELECT count(*) FROM staging.raw_row WHERE source_id = $1),
                 (SELECT {what} FROM ({landed}) AS landed),
                 (SELECT count(*) FROM staging.reject WHERE run_id = $3 AND source_table = $4)"
        );
        let (read, loaded, rejected): (i64, i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(source)
            .bind(self.run.clinic.0)
            .bind(self.run.id)
            .bind(self.origin.name())
            .fetch_one(&mut *self.tx)
            .await
            .map_err(Error::db("counting"))?;
        let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
        let without_rows = self.landed.without_rows;
        let report = &mut self.landed.report;
        report.read = unsigned(read);
        report.loaded = unsigned(loaded) + without_rows;
        report.rejected = unsigned(rejected);
        if report.read == report.loaded + report.rejected {
            return Ok(());
        }
        Err(Error::Counts {
            table: self.origin.name(),
            read: report.read,
            loaded: report.loaded,
            rejected: report.rejected,
        })
    }
}

/// The names of authors stay with what they wrote, also when nothing that is left in FileMaker names them.
fn stays(name: TableName) -> bool {
    name == TableName::UserName
}

/// Column names as SQL has them.
pub(super) fn quoted(columns: &[&str]) -> String {
    columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}

/// A row's content in 128 bits, under the map's key if there is one; the same content gives the same in every build.
pub(crate) fn hash(table: &Table, fields: &Fields, key: Option<&MapKey>) -> String {
    let mut text = Vec::with_capacity(512);
    for column in table.columns {
        let value = fields.get(column.name).unwrap_or(&serde_json::Value::Null);
        text.extend_from_slice(column.name.as_bytes());
        text.push(b'=');
        // Writing to a Vec does not fail.
        let _ = serde_json::to_writer(&mut text, value);
        text.push(0x1F);
    }
    let plain = format!("{:032x}", half_sha256(&text));
    match key {
        Some(key) => key.keyed(&plain),
        None => plain,
    }
}

/// The first half of a SHA-256: enough that no two rows of a clinic have the same.
pub(crate) fn half_sha256(bytes: &[u8]) -> u128 {
    digest(&SHA256, bytes).as_ref().iter().take(16).fold(0, |all, byte| (all << 8) | u128::from(*byte))
}
