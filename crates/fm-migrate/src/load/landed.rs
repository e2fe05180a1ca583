//! What a table's records became, made in memory and handed out in batches: rows for the landing tables, rejects, notes.

use std::collections::BTreeMap;

use wattle_domain::TableName;

use super::copy::{Batch, CopyRows};
use super::merge;
use super::stage::Run;
use super::target::{Origin, hash, quoted};
use crate::convert::{Outcome, TargetRow};
use crate::error::Error;
use crate::mapping::Bound;
use crate::raw::RawRow;
use crate::reason::Reason;
use crate::report::TableReport;

const REASON_COLUMNS: &str = "run_id, clinic_id, source_table, source_id, position, code, column_name, path";

/// Rows that wait for their landing tables, and the counts that belong to them.
pub(super) struct Landed<'c> {
    run: Run,
    origin: Origin<'c>,
    rows: BTreeMap<TableName, CopyRows>,
    rejects: CopyRows,
    notes: CopyRows,
    taken: u64,
    /// Notes and rejects by reason; the counts are taken by `TableLoad`, in the database.
    pub(super) report: TableReport,
    /// Records that say nothing and are no rejects: a patient without allergies, where these stand in the patient's record.
    pub(super) without_rows: u64,
    /// Keys of records that were rejected: what they became earlier stays.
    pub(super) rejected_keys: Vec<String>,
}

impl<'c> Landed<'c> {
    pub(super) fn new(run: Run, origin: Origin<'c>, targets: &[TableName]) -> Self {
        let rows = targets.iter().map(|&name| {
            let table = name.table();
            let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
            let columns = format!("id, source_key, row_hash, record_id, {}", quoted(&columns));
            (name, CopyRows::new(&merge::landing_name(table), &columns))
        });
        Self {
            run,
            origin,
            rows: rows.collect(),
            rejects: CopyRows::new("staging.reject", REASON_COLUMNS),
            notes: CopyRows::new("staging.note", REASON_COLUMNS),
            taken: 0,
            report: TableReport::default(),
            without_rows: 0,
            rejected_keys: Vec::new(),
        }
    }

    /// The tables that are filled, parents first.
    pub(super) fn tables(&self) -> impl Iterator<Item = TableName> {
        self.rows.keys().copied()
    }

    /// Records so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// What became of one record.
    pub(super) fn take(&mut self, bound: &Bound, row: &RawRow, outcome: Outcome) -> Result<(), Error> {
        self.taken += 1;
        let (position, cells) = (row.position, bound.cells(row));
        match outcome {
            Ok(mut typed) => {
                typed.notes.extend(cells.unsaid());
                self.without_rows += u64::from(typed.rows.is_empty());
                for reason in &typed.notes {
                    *self.report.notes.entry(reason.code).or_default() += 1;
                    add_reason(&mut self.notes, (self.run, self.origin), position, reason);
                }
                for target in &typed.rows {
                    self.land((&typed.key, row.record_id.as_deref()), target)?;
                }
            }
            Err(reason) => {
                self.rejected_keys.extend(cells.text("key").filter(|_| self.origin.whole));
                *self.report.rejects.entry(reason.code).or_default() += 1;
                add_reason(&mut self.rejects, (self.run, self.origin), position, &reason);
            }
        }
        Ok(())
    }

    /// A row for the target: the key of its record, FileMaker's number of it, the row.
    pub(super) fn land(&mut self, (key, record): (&str, Option<&str>), row: &TargetRow) -> Result<(), Error> {
        let table = row.table.table();
        let Some(rows) = self.rows.get_mut(&row.table) else {
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
        Ok(())
    }

    /// Rows of one table that are to be sent, where there are many, or `all`; `None` when there are no more of such.
    pub(super) fn batch(&mut self, all: bool) -> Option<Batch> {
        let mut every = self.rows.values_mut().chain([&mut self.rejects, &mut self.notes]);
        every.find_map(|rows| rows.batch(all))
    }
}

fn add_reason(rows: &mut CopyRows, (run, origin): (Run, Origin<'_>), position: u64, reason: &Reason) {
    rows.row(8);
    rows.uuid(run.id);
    rows.uuid(run.clinic.0);
    rows.text(origin.name());
    rows.uuid(origin.source.unwrap_or_default());
    rows.bigint(i64::try_from(position).unwrap_or(i64::MAX));
    rows.text(reason.code.as_str());
    rows.text(&reason.column);
    rows.maybe_text(reason.path.as_deref());
}
