//! `first-sync`: a new desk's whole clinic, PostgreSQL to SQLCipher with indexes and search, through the real server.

use std::time::Instant;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::figures::{Figures, peak_rss_mb};
use super::floor::connect;
use crate::desk::Desk;
use crate::house::{House, PEOPLE, Size, add_people};

const SIZE: Size = Size { patients: 40_000, practitioners: 12, appointments: 200_000 };

/// Signs in at an empty desk and waits until the clinic is there; then copies the same rows bare.
///
/// # Errors
/// A part of the house says no.
pub fn run() -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> anyhow::Result<Figures> {
    let mut figures = Figures::new(
        "first-sync",
        String::new(),
        "at least a third of the floor's rows per second",
        "the same rows, read into memory beforehand, inserted bare into the same schema with its indexes (SQLCipher, one \
         transaction, rows in the order they came), and the search index left out",
    );
    let dir = tempfile::tempdir()?;
    let mut house = House::found(dir.path(), true)?;
    house.import_sample(SIZE, 1)?;
    add_people(&house)?;
    house.start_server().await?;
    let path = dir.path().join("reception.db");
    let start = Instant::now();
    let desk = Desk::enrol(&house, &house.server_url(), &path, "reception-1", &PEOPLE[0]).await?;
    desk.in_step("first sync", std::time::Duration::from_secs(600)).await?;
    let seconds = start.elapsed().as_secs_f64();
    let key = desk.close().await;

    let source = connect(&path, &key)?;
    let tables = tables(&source)?;
    let (rows, floor_s) = copy(&source, &dir.path().join("floor.db"), &key, &tables)?;
    figures.what = format!(
        "{rows} rows from sign-in to online; the file is then {:.0} MB",
        std::fs::metadata(&path)?.len() as f64 / 1e6
    );
    let (ours, floor) = (rows as f64 / seconds, rows as f64 / floor_s);
    figures.put("rows_per_s", ours);
    figures.put("seconds", seconds);
    figures.put("floor", floor);
    figures.put("floor_ratio", ours / floor);
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(ours >= floor / 3.0);
    Ok(figures)
}

/// Every synced table that has rows.
fn tables(source: &Connection) -> anyhow::Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for table in wattle_domain::TableName::ALL {
        let rows: i64 =
            source.query_row(&format!("SELECT count(*) FROM {}", table.as_str()), [], |r| r.get(0))?;
        if rows > 0 {
            found.push(table.as_str());
        }
    }
    Ok(found)
}

/// Reads all rows, makes the same tables and indexes in a new keyed file, and times the inserts.
fn copy(
    source: &Connection,
    to: &std::path::Path,
    key: &wattle_local_store::DataKey,
    tables: &[&str],
) -> anyhow::Result<(u64, f64)> {
    let mut all = Vec::new();
    let mut schema = Vec::new();
    for table in tables {
        let mut made = source.prepare(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC",
        )?;
        let statements =
            made.query_map([table], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        schema.extend(statements);
        let mut read = source.prepare(&format!("SELECT * FROM {table} ORDER BY id"))?;
        let width = read.column_count();
        let rows = read
            .query_map([], |row| (0..width).map(|i| row.get::<_, Value>(i)).collect::<Result<Vec<_>, _>>())?
            .collect::<Result<Vec<_>, _>>()?;
        all.push((*table, width, rows));
    }
    let mut floor = connect(to, key)?;
    floor.execute_batch(&schema.join(";\n"))?;
    let start = Instant::now();
    let mut count = 0;
    let transaction = floor.transaction()?;
    for (table, width, rows) in all {
        let places = vec!["?"; width].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
        for row in rows {
            insert.execute(rusqlite::params_from_iter(row))?;
            count += 1;
        }
    }
    transaction.commit()?;
    Ok((count, start.elapsed().as_secs_f64()))
}
