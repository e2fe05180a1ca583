//! One table of the export into the target, in one transaction: rows, rejects, notes, counts that add up.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::row::Fields;
use wattle_domain::{Table, TableName};

use super::copy::CopyRows;
use super::merge;
use super::removal;
use super::stage::Run;
use crate::convert::{self, Outcome, TargetRow};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::map_key::MapKey;
use crate::mapping::Bound;
use crate::raw::RawRow;
use crate::reason::Reason;
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
    tables: BTreeMap<TableName, CopyRows>,
    rejects: CopyRows,
    notes: CopyRows,
    report: TableReport,
    taken: u64,
    /// Records that say nothing and are no rejects: a patient without allergies, where these stand in the patient's record.
    without_rows: u64,
    /// Keys of records that were rejected: what they became earlier stays.
    rejected_keys: Vec<String>,
}

const REASON_COLUMNS: &str = "run_id, clinic_id, source_table, source_id, position, code, column_name, path";

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
        let mut tables = BTreeMap::new();
        for &name in targets {
            tx.execute(merge::landing(name.table())).await.map_err(Error::db("making a landing table"))?;
            let table = name.table();
            let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
            let columns = format!("id, source_key, row_hash, record_id, {}", quoted(&columns));
            tables.insert(name, CopyRows::new(&merge::landing_name(table), &columns));
        }
        Ok(Self {
            tx,
            run,
            origin,
            tables,
            rejects: CopyRows::new("staging.reject", REASON_COLUMNS),
            notes: CopyRows::new("staging.note", REASON_COLUMNS),
            report: TableReport::default(),
            taken: 0,
            without_rows: 0,
            rejected_keys: Vec::new(),
        })
    }

    /// What became of one record.
    pub(crate) async fn take(&mut self, bound: &Bound, row: &RawRow, outcome: Outcome) -> Result<(), Error> {
        self.taken += 1;
        let (position, cells) = (row.position, bound.cells(row));
        match outcome {
            Ok(mut typed) => {
                typed.notes.extend(cells.unsaid());
                self.without_rows += u64::from(typed.rows.is_empty());
                for reason in &typed.notes {
                    *self.report.notes.entry(reason.code).or_default() += 1;
                    self.reason(position, reason, false).await?;
                }
                for target in &typed.rows {
                    self.land((&typed.key, row.record_id.as_deref()), target).await?;
                }
                Ok(())
            }
            Err(reason) => {
                self.rejected_keys.extend(cells.text("key").filter(|_| self.origin.whole));
                *self.report.rejects.entry(reason.code).or_default() += 1;
                self.reason(position, &reason, true).await
            }
        }
    }

    /// Records so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// A row for the target that is of no record.
    pub(crate) async fn row(&mut self, key: &str, row: &TargetRow) -> Result<(), Error> {
        self.land((key, None), row).await
    }

    /// A row for the target: the key of its record, FileMaker's number of it, the row.
    async fn land(&mut self, (key, record): (&str, Option<&str>), row: &TargetRow) -> Result<(), Error> {
        let table = row.table.table();
        let Some(rows) = self.tables.get_mut(&row.table) else {
            return Err(Error::Shape { table: table.sql, column: "id" });
        };
        rows.row(i16::try_from(table.columns.len() + 4).unwrap_or(i16::MAX));
        rows.uuid(row.id);
        rows.text(key);
        rows.text(&hash(table, &row.fields, self.origin.key));
        rows.maybe_text(record);
        for column in table.columns {
            let value = row.fields.get(column.name).unwrap_or(&serde_json::Value::Null);
            rows.column(table.sql, column, value)?;
        }
        rows.send(&mut self.tx, false).await
    }

    async fn reason(&mut self, position: u64, reason: &Reason, rejected: bool) -> Result<(), Error> {
        let rows = if rejected { &mut self.rejects } else { &mut self.notes };
        rows.row(8);
        rows.uuid(self.run.id);
        rows.uuid(self.run.clinic.0);
        rows.text(self.origin.name());
        rows.uuid(self.origin.source.unwrap_or_default());
        rows.bigint(i64::try_from(position).unwrap_or(i64::MAX));
        rows.text(reason.code.as_str());
        rows.text(&reason.column);
        rows.maybe_text(reason.path.as_deref());
        rows.send(&mut self.tx, false).await
    }

    /// Merges, counts what really is there, and commits if it adds up.
    pub(crate) async fn finish(mut self) -> Result<TableReport, Error> {
        self.rejects.send(&mut self.tx, true).await?;
        self.notes.send(&mut self.tx, true).await?;
        for rows in self.tables.values_mut() {
            rows.send(&mut self.tx, true).await?;
        }
        let main = self.origin.table.map(convert::main).unwrap_or_default();
        let names: Vec<TableName> = self.tables.keys().copied().collect();
        let (mut stay, mut worked_on) = (std::mem::take(&mut self.rejected_keys), Vec::new());
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
                self.report.main.add(merged);
            }
            self.report.targets.insert(name.as_str(), merged);
        }
        if let Some(source) = self.origin.source {
            self.count(main, source).await?;
        }
        for &name in self.tables.keys() {
            let drop = format!("DROP TABLE {}", merge::landing_name(name.table()));
            self.tx
                .execute(sqlx::AssertSqlSafe(drop))
                .await
                .map_err(Error::db("dropping a landing table"))?;
        }
        self.tx.commit().await.map_err(Error::db("committing a table"))?;
        Ok(self.report)
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
        self.report.read = unsigned(read);
        self.report.loaded = unsigned(loaded) + self.without_rows;
        self.report.rejected = unsigned(rejected);
        if self.report.read == self.report.loaded + self.report.rejected {
            return Ok(());
        }
        Err(Error::Counts {
            table: self.origin.name(),
            read: self.report.read,
            loaded: self.report.loaded,
            rejected: self.report.rejected,
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
    let mut text = String::new();
    for column in table.columns {
        let value = fields.get(column.name).unwrap_or(&serde_json::Value::Null);
        text.push_str(column.name);
        text.push('=');
        text.push_str(&value.to_string());
        text.push('\u{1F}');
    }
    let digest = digest(&SHA256, text.as_bytes());
    let plain: String = digest.as_ref().iter().take(16).map(|b| format!("{b:02x}")).collect();
    match key {
        Some(key) => key.keyed(&plain),
        None => plain,
    }
}
