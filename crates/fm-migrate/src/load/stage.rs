//! A file into `staging.raw_row`, as found; and back out of it, record by record.

use std::path::Path;

use futures::TryStreamExt;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;
use wattle_domain::ClinicId;

use super::copy::{Batch, CopyRows, WAITING};
use crate::error::Error;
use crate::ids::SourceTable;
use crate::raw::RawRow;
use crate::read::{Layout, Source};
use crate::survey::{ExportFile, From, Surveyed};

/// One import's row in staging.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) id: Uuid,
    pub(crate) clinic: ClinicId,
}

impl Run {
    /// Begins a run.
    pub(crate) async fn begin(connection: &mut PgConnection, clinic: ClinicId) -> Result<Self, Error> {
        let this = Self { id: Uuid::now_v7(), clinic };
        sqlx::query("INSERT INTO staging.run (id, clinic_id) VALUES ($1, $2)")
            .bind(this.id)
            .bind(clinic.0)
            .execute(connection)
            .await
            .map_err(Error::db("beginning a run"))?;
        Ok(this)
    }

    /// Ends it with its report.
    pub(crate) async fn finish(
        self,
        connection: &mut PgConnection,
        report: &serde_json::Value,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE staging.run SET finished_at = now(), report = $2 WHERE id = $1")
            .bind(self.id)
            .bind(report)
            .execute(connection)
            .await
            .map_err(Error::db("ending a run"))?;
        Ok(())
    }
}

/// Stages a file unless the same bytes are there already, and notes that this run used it; its id in staging.
pub(crate) async fn stage(
    connection: &mut PgConnection,
    run: Run,
    file: &str,
    table: SourceTable,
    surveyed: &Surveyed,
) -> Result<Uuid, Error> {
    let doing = || Error::db("staging a file");
    let mut tx = connection.begin().await.map_err(doing())?;
    let id = match &surveyed.from {
        From::Staging(id) => *id,
        From::File(export) => {
            let known: Option<Uuid> = sqlx::query_scalar(
                "SELECT id FROM staging.source WHERE clinic_id = $1 AND source_file = $2 AND source_table = $3
                     AND route = 'file' AND sha256 = $4",
            )
            .bind(run.clinic.0)
            .bind(file)
            .bind(table.as_str())
            .bind(&export.sha256)
            .fetch_optional(&mut *tx)
            .await
            .map_err(doing())?;
            match known {
                Some(id) => id,
                None => copy_in(&mut tx, run, file, table, (export, surveyed.census.records)).await?,
            }
        }
    };
    let names: Vec<&str> = surveyed.columns.iter().map(|c| c.name.as_str()).collect();
    let kinds: Vec<&str> = surveyed.columns.iter().map(|c| c.kind.as_deref().unwrap_or_default()).collect();
    sqlx::query("INSERT INTO staging.run_source (run_id, source_id, columns, kinds) VALUES ($1, $2, $3, $4)")
        .bind(run.id)
        .bind(id)
        .bind(names)
        .bind(kinds)
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
    tx.commit().await.map_err(doing())?;
    Ok(id)
}

async fn copy_in(
    connection: &mut PgConnection,
    run: Run,
    file: &str,
    table: SourceTable,
    (export, records): (&ExportFile, u64),
) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    let (ready, waiting) = mpsc::channel(WAITING);
    let (path, layout) = (export.path.clone(), export.layout.clone());
    // On a thread of its own: PostgreSQL takes in what was read while the next is read.
    let reading = tokio::task::spawn_blocking(move || read(id, &path, &layout, &ready));
    let copied = Batch::send_all(waiting, connection).await;
    let broken_off =
        |_| Error::Refused(format!("reading {} was broken off. Start again.", export.path.display()));
    let (count, stripped) = reading.await.map_err(broken_off)??;
    copied?;
    if count != records {
        return Err(Error::Refused(format!(
            "{} changed while it was read. Start again.",
            export.path.display()
        )));
    }
    let name = export.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    sqlx::query(
        "INSERT INTO staging.source (id, clinic_id, source_file, source_table, export_name, sha256, size_bytes, records,
             stripped, run_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(run.clinic.0)
    .bind(file)
    .bind(table.as_str())
    .bind(name)
    .bind(&export.sha256)
    .bind(i64::try_from(export.size_bytes).unwrap_or(i64::MAX))
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .bind(i64::try_from(stripped).unwrap_or(i64::MAX))
    .bind(run.id)
    .execute(connection)
    .await
    .map_err(Error::db("staging a file"))?;
    Ok(id)
}

/// Reads a file to its end and hands it out in batches; how many records it has, and how many characters were left out.
fn read(id: Uuid, path: &Path, layout: &Layout, ready: &mpsc::Sender<Batch>) -> Result<(u64, u64), Error> {
    let mut rows = CopyRows::new("staging.raw_row", "source_id, position, line, record_id, mod_id, cells");
    let mut source = Source::open(path, layout)?;
    let (mut row, mut count) = (RawRow::default(), 0_u64);
    let mut more = true;
    while more {
        more = source.next(&mut row)?;
        if more {
            count += 1;
            rows.row(6);
            rows.uuid(id);
            rows.bigint(i64::try_from(row.position).unwrap_or(i64::MAX));
            rows.bigint(i64::try_from(row.line).unwrap_or(i64::MAX));
            rows.maybe_text(row.record_id.as_deref());
            rows.maybe_text(row.mod_id.as_deref());
            rows.texts(&row.cells);
        }
        // Where nobody takes it any more, the database has said why.
        more &= rows.batch(!more).is_none_or(|batch| ready.blocking_send(batch).is_ok());
    }
    Ok((count, source.stripped()))
}

/// The staged records of a file, in order.
pub(crate) fn staged(
    connection: &mut PgConnection,
    source: Uuid,
) -> impl futures::Stream<Item = Result<RawRow, Error>> + Unpin + '_ {
    type Stored = (i64, i64, Option<String>, Option<String>, Vec<Option<String>>);
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    sqlx::query_as::<_, Stored>(
        "SELECT position, line, record_id, mod_id, cells FROM staging.raw_row WHERE source_id = $1 ORDER BY position",
    )
    .bind(source)
    .fetch(connection)
    .map_ok(move |(position, line, record_id, mod_id, cells)| RawRow {
        position: unsigned(position),
        line: unsigned(line),
        record_id,
        mod_id,
        cells,
    })
    .map_err(Error::db("reading staging"))
}
