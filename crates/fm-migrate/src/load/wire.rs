//! A table that comes over HTTP, in staging: pages in, what changed, what is gone, where the reading stands.

use std::collections::HashMap;

use futures::TryStreamExt;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use uuid::Uuid;

use super::copy::CopyRows;
use super::stage::Run;
use crate::error::Error;
use crate::ids::SourceTable;
use crate::raw::{RawColumn, WrittenBy};
use crate::wire::{Route, WireRow};

/// Where the reading of a table stands.
#[derive(Clone, Debug)]
pub(crate) struct Extract {
    pub(crate) source: Uuid,
    pub(crate) state: State,
    pub(crate) cursor: Option<String>,
    pub(crate) sweep: i64,
    pub(crate) columns: Vec<RawColumn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Sweep,
    Check,
    Stable,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Check => "check",
            Self::Stable => "stable",
        }
    }
}

/// What a page did to staging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Paged {
    /// Records that were not there.
    pub new: u64,
    /// Records whose content changed.
    pub changed: u64,
    /// Records whose count of changes rose, but whose content is as it was.
    pub touched: u64,
}

type Stored = (Uuid, String, Option<String>, i64, Vec<String>, Vec<String>, Vec<i32>, Vec<String>);

/// Finds a table's reading.
pub(crate) async fn find(
    connection: &mut PgConnection,
    clinic: Uuid,
    file: &str,
    table: SourceTable,
    route: Route,
) -> Result<Option<Extract>, Error> {
    let found: Option<Stored> = sqlx::query_as(
        "SELECT e.source_id, e.state, e.cursor, e.sweep, e.columns, e.kinds, e.repeats, e.written_by
         FROM staging.extract e JOIN staging.source s ON s.id = e.source_id
         WHERE s.clinic_id = $1 AND s.source_file = $2 AND s.source_table = $3 AND s.route = $4",
    )
    .bind(clinic)
    .bind(file)
    .bind(table.as_str())
    .bind(route.as_str())
    .fetch_optional(connection)
    .await
    .map_err(Error::db("looking for an extract"))?;
    Ok(found.map(|(source, state, cursor, sweep, names, kinds, repeats, written)| Extract {
        source,
        state: match state.as_str() {
            "stable" => State::Stable,
            "check" => State::Check,
            _ => State::Sweep,
        },
        cursor,
        sweep,
        columns: names
            .into_iter()
            .zip(kinds)
            .zip(repeats.into_iter().zip(written))
            .map(|((name, kind), (repeat, written))| RawColumn {
                name,
                kind: Some(kind),
                max_repeat: u32::try_from(repeat).ok(),
                written_by: WrittenBy::read(&written),
            })
            .collect(),
    }))
}

/// Begins a table's reading.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    run: Run,
    file: &str,
    (table, route): (SourceTable, Route),
    name: &str,
    columns: &[RawColumn],
) -> Result<Extract, Error> {
    let source = Uuid::now_v7();
    let doing = || Error::db("beginning an extract");
    let mut tx = connection.begin().await.map_err(doing())?;
    sqlx::query(
        "INSERT INTO staging.source (id, clinic_id, source_file, source_table, export_name, sha256, size_bytes, records,
             stripped, run_id, route) VALUES ($1, $2, $3, $4, $5, '', 0, 0, 0, $6, $7)",
    )
    .bind(source)
    .bind(run.clinic.0)
    .bind(file)
    .bind(table.as_str())
    .bind(name)
    .bind(run.id)
    .bind(route.as_str())
    .execute(&mut *tx)
    .await
    .map_err(doing())?;
    let (names, kinds, repeats, written) = lists(columns);
    sqlx::query(
        "INSERT INTO staging.extract (source_id, state, columns, kinds, repeats, written_by) VALUES ($1, 'sweep', $2, $3, $4, $5)",
    )
    .bind(source)
    .bind(names)
    .bind(kinds)
    .bind(repeats)
    .bind(written)
    .execute(&mut *tx)
    .await
    .map_err(doing())?;
    tx.commit().await.map_err(doing())?;
    Ok(Extract { source, state: State::Sweep, cursor: None, sweep: 1, columns: columns.to_vec() })
}

fn lists(columns: &[RawColumn]) -> (Vec<&str>, Vec<&str>, Vec<i32>, Vec<&'static str>) {
    (
        columns.iter().map(|c| c.name.as_str()).collect(),
        columns.iter().map(|c| c.kind.as_deref().unwrap_or_default()).collect(),
        columns.iter().map(|c| i32::try_from(c.max_repeat.unwrap_or(1)).unwrap_or(1)).collect(),
        columns.iter().map(|c| c.written_by.as_str()).collect(),
    )
}

impl Extract {
    /// Starts to read everything again, also what seems unchanged; the columns may be others than last time.
    pub(crate) async fn again(
        &mut self,
        connection: &mut PgConnection,
        columns: &[RawColumn],
    ) -> Result<(), Error> {
        self.sweep += 1;
        self.state = State::Sweep;
        self.cursor = None;
        self.columns = columns.to_vec();
        let (names, kinds, repeats, written) = lists(columns);
        sqlx::query(
            "UPDATE staging.extract SET state = 'sweep', cursor = NULL, sweep = $2, columns = $3, kinds = $4, repeats = $5,
                 written_by = $6, stable_at = NULL, began_at = now() WHERE source_id = $1",
        )
        .bind(self.source)
        .bind(self.sweep)
        .bind(names)
        .bind(kinds)
        .bind(repeats)
        .bind(written)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::db("beginning an extract again"))
    }

    /// Notes where the reading stands.
    pub(crate) async fn stands(
        &mut self,
        connection: &mut PgConnection,
        state: State,
        cursor: Option<&str>,
    ) -> Result<(), Error> {
        self.state = state;
        self.cursor = cursor.map(ToOwned::to_owned);
        sqlx::query(
            "UPDATE staging.extract SET state = $2, cursor = $3, stable_at = NULL WHERE source_id = $1",
        )
        .bind(self.source)
        .bind(state.as_str())
        .bind(cursor)
        .execute(connection)
        .await
        .map(drop)
        .map_err(Error::db("noting where an extract stands"))
    }

    /// A page and the place behind it, together or not at all.
    pub(crate) async fn page(
        &mut self,
        connection: &mut PgConnection,
        rows: &[WireRow],
        (state, cursor): (State, Option<&str>),
        found: Option<u64>,
    ) -> Result<Paged, Error> {
        let doing = || Error::db("staging a page");
        let mut tx = connection.begin().await.map_err(doing())?;
        // Within a page a record may come twice when somebody works meanwhile: the last one is the newer.
        let last: HashMap<i64, &WireRow> = rows.iter().map(|row| (row.id, row)).collect();
        let mut copy = CopyRows::new("staging.page", "position, mod_id, cells");
        tx.execute("TRUNCATE staging.page").await.map_err(doing())?;
        for row in last.values() {
            copy.row(3);
            copy.bigint(row.id);
            copy.text(&row.mod_id.to_string());
            copy.texts(&row.cells);
            copy.send(&mut tx, false).await?;
        }
        copy.send(&mut tx, true).await?;
        let changed = sqlx::query(
            "INSERT INTO staging.superseded (source_id, position, mod_id, cells, why)
             SELECT r.source_id, r.position, r.mod_id, r.cells, 'changed' FROM staging.page p
             JOIN staging.raw_row r ON r.source_id = $1 AND r.position = p.position WHERE r.cells IS DISTINCT FROM p.cells",
        )
        .bind(self.source)
        .execute(&mut *tx)
        .await
        .map_err(doing())?
        .rows_affected();
        let touched: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM staging.page p JOIN staging.raw_row r ON r.source_id = $1 AND r.position = p.position
             WHERE r.cells = p.cells AND r.mod_id <> p.mod_id",
        )
        .bind(self.source)
        .fetch_one(&mut *tx)
        .await
        .map_err(doing())?;
        let before: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM staging.page p JOIN staging.raw_row r ON r.source_id = $1 AND r.position = p.position",
        )
        .bind(self.source)
        .fetch_one(&mut *tx)
        .await
        .map_err(doing())?;
        sqlx::query(
            "INSERT INTO staging.raw_row AS r (source_id, position, line, record_id, mod_id, cells)
             SELECT $1, position, 0, position::text, mod_id, cells FROM staging.page
             ON CONFLICT (source_id, position) DO UPDATE SET mod_id = excluded.mod_id, cells = excluded.cells",
        )
        .bind(self.source)
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
        sqlx::query("UPDATE staging.extract SET state = $2, cursor = $3, found = coalesce($4, found) WHERE source_id = $1")
            .bind(self.source)
            .bind(state.as_str())
            .bind(cursor)
            .bind(found.and_then(|n| i64::try_from(n).ok()))
            .execute(&mut *tx)
            .await
            .map_err(doing())?;
        tx.commit().await.map_err(doing())?;
        self.state = state;
        self.cursor = cursor.map(ToOwned::to_owned);
        let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
        let new = (last.len() as u64).saturating_sub(unsigned(before));
        Ok(Paged { new, changed, touched: unsigned(touched) })
    }

    /// Numbers and counts of changes of what is staged.
    pub(crate) async fn staged_ids(&self, connection: &mut PgConnection) -> Result<HashMap<i64, i64>, Error> {
        let mut ids = HashMap::new();
        let mut rows = sqlx::query_as::<_, (i64, Option<String>)>(
            "SELECT position, mod_id FROM staging.raw_row WHERE source_id = $1",
        )
        .bind(self.source)
        .fetch(connection);
        while let Some((id, mod_id)) =
            rows.try_next().await.map_err(Error::db("reading staged record numbers"))?
        {
            ids.insert(id, mod_id.and_then(|m| m.parse().ok()).unwrap_or(-1));
        }
        Ok(ids)
    }

    /// The cells of a staged record.
    pub(crate) async fn staged_cells(
        &self,
        connection: &mut PgConnection,
        id: i64,
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        sqlx::query_scalar("SELECT cells FROM staging.raw_row WHERE source_id = $1 AND position = $2")
            .bind(self.source)
            .bind(id)
            .fetch_optional(connection)
            .await
            .map_err(Error::db("reading a staged record"))
    }

    /// Takes records out that FileMaker has no more; they are kept as superseded.
    pub(crate) async fn remove(&self, connection: &mut PgConnection, gone: &[i64]) -> Result<u64, Error> {
        let sql = "WITH gone AS (DELETE FROM staging.raw_row WHERE source_id = $1 AND position = ANY ($2)
                       RETURNING source_id, position, mod_id, cells)
                   INSERT INTO staging.superseded (source_id, position, mod_id, cells, why)
                   SELECT source_id, position, mod_id, cells, 'gone' FROM gone";
        let done = sqlx::query(sql).bind(self.source).bind(gone).execute(connection).await;
        Ok(done.map_err(Error::db("taking out deleted records"))?.rows_affected())
    }

    /// The table stood still; how many records it has.
    pub(crate) async fn stable(
        &mut self,
        connection: &mut PgConnection,
        found: u64,
        witness: Option<u64>,
        report: &serde_json::Value,
    ) -> Result<(), Error> {
        self.state = State::Stable;
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let doing = || Error::db("ending an extract");
        let mut tx = connection.begin().await.map_err(doing())?;
        sqlx::query(
            "UPDATE staging.extract SET state = 'stable', cursor = NULL, found = $2, witness = $3, stable_at = now(), report = $4
             WHERE source_id = $1",
        )
        .bind(self.source)
        .bind(signed(found))
        .bind(witness.map(signed))
        .bind(report)
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
        sqlx::query("UPDATE staging.source SET records = $2 WHERE id = $1")
            .bind(self.source)
            .bind(signed(found))
            .execute(&mut *tx)
            .await
            .map_err(doing())?;
        tx.commit().await.map_err(doing())
    }
}
