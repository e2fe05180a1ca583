//! The floor of a first sync: PostgreSQL's COPY piped row by row into an encrypted file of the same tables, indexes and
//! search last.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use rusqlite::Connection;
use wattle_domain::{ColumnKind, TableName};
use wattle_local_store::DataKey;
use wattle_protocol::pull::COMMON_COLUMNS;

use super::floor::connect;
use crate::house::House;

/// Copies what `like` (a file that has synced) holds into a new file; gives the rows and the time.
///
/// # Errors
/// PostgreSQL or SQLite says no.
pub fn first_sync(house: &House, like: &Path, to: &Path, key: &DataKey) -> anyhow::Result<(u64, Duration)> {
    let (tables, made) = {
        let source = connect(like, key)?;
        (filled(&source)?, Schema::read(&source)?)
    };
    let mut file = connect(to, key)?;
    file.execute_batch(&made.tables)?;
    let start = Instant::now();
    let mut rows = 0;
    let transaction = file.transaction()?;
    for table in tables {
        rows += copy(house, &transaction, table, "INSERT INTO", "")?;
    }
    transaction.execute_batch(&made.indexes)?;
    transaction.execute_batch(SEARCH)?;
    transaction.commit()?;
    Ok((rows, start.elapsed()))
}

/// Copies changed rows over those of a file that holds all, in one transaction; gives the rows and the time.
///
/// # Errors
/// PostgreSQL or SQLite says no.
pub fn catch_up(
    house: &House,
    file: &Path,
    key: &DataKey,
    table: TableName,
    condition: &str,
) -> anyhow::Result<(u64, Duration)> {
    let mut file = connect(file, key)?;
    let start = Instant::now();
    let transaction = file.transaction()?;
    let rows = copy(house, &transaction, table, "INSERT OR REPLACE INTO", condition)?;
    transaction.commit()?;
    Ok((rows, start.elapsed()))
}

/// A search of the same shape as the store's, from what SQL alone can make of the rows: fewer words, so a lower floor.
const SEARCH: &str = "
    INSERT INTO patient_card (patient_id, no, record_number, family_name, given_name, preferred_name, birth_date, phone, suburb, deceased)
        SELECT p.id, row_number() OVER (ORDER BY p.id), p.record_number, p.family_name, p.given_name, p.preferred_name, p.birth_date,
            (SELECT value FROM patient_contact c WHERE c.patient_id = p.id LIMIT 1),
            (SELECT suburb FROM address a WHERE a.patient_id = p.id LIMIT 1), p.deceased_on IS NOT NULL FROM patient p;
    INSERT INTO patient_words (no, patient_id, names, other)
        SELECT no, patient_id, lower(family_name || '|' || coalesce(given_name, '')),
            lower(coalesce(phone, '') || ' ' || coalesce(suburb, '') || ' ' || coalesce(record_number, '') || ' ' || coalesce(birth_date, ''))
        FROM patient_card;
    INSERT INTO patient_fts (rowid, words) SELECT no, replace(names, '|', ' ') || ' ' || other FROM patient_words;";

/// The statements that made a file, indexes apart.
struct Schema {
    tables: String,
    indexes: String,
}

impl Schema {
    fn read(source: &Connection) -> anyhow::Result<Self> {
        let of = |kind: &str| -> anyhow::Result<String> {
            // The search's own tables are made by it.
            let mut made = source.prepare(
                "SELECT sql FROM sqlite_schema WHERE type = ?1 AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
                 AND (name NOT LIKE 'patient_fts_%')",
            )?;
            let statements = made.query_map([kind], |row| row.get::<_, String>(0))?;
            Ok(statements.collect::<Result<Vec<_>, _>>()?.join(";\n"))
        };
        Ok(Self { tables: of("table")?, indexes: of("index")? })
    }
}

fn filled(source: &Connection) -> anyhow::Result<Vec<TableName>> {
    let mut found = Vec::new();
    for &table in TableName::ALL {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.as_str());
        if source.query_row(&sql, [], |row| row.get(0))? {
            found.push(table);
        }
    }
    Ok(found)
}

fn columns(table: TableName) -> Vec<(&'static str, ColumnKind)> {
    let common = COMMON_COLUMNS.into_iter().map(|name| match name {
        "created_at" | "updated_at" | "deleted_at" => (name, ColumnKind::Instant),
        _ => (name, ColumnKind::Text),
    });
    common.chain(table.table().columns.iter().map(|c| (c.name, c.kind))).collect()
}

fn copy(
    house: &House,
    into: &Connection,
    table: TableName,
    verb: &str,
    condition: &str,
) -> anyhow::Result<u64> {
    let columns = columns(table);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let chosen: Vec<String> = columns
        .iter()
        .map(|(name, kind)| match kind {
            ColumnKind::Instant => format!("sync.millis({name})"),
            ColumnKind::Bool => format!("{name}::int"),
            _ => (*name).to_owned(),
        })
        .collect();
    let sql = format!(
        "COPY (SELECT {} FROM clinic.{} WHERE clinic_id = '{}' {condition} ORDER BY id) TO STDOUT",
        chosen.join(", "),
        table.as_str(),
        house.clinic()
    );
    let mut child =
        house.client("psql").args(["-X", "-q", "-c", &sql]).stdout(Stdio::piped()).spawn().context("psql")?;
    let places = vec!["?"; names.len()].join(", ");
    let sql = format!("{verb} {} ({}) VALUES ({places})", table.as_str(), names.join(", "));
    let mut insert = into.prepare(&sql)?;
    let (mut rows, mut line) = (0, String::new());
    let mut said = BufReader::with_capacity(1 << 20, child.stdout.take().context("psql says nothing")?);
    loop {
        line.clear();
        if said.read_line(&mut line)? == 0 {
            break;
        }
        // The made-up rows have no backslash, tab or line end in them.
        let values = line.trim_end_matches('\n').split('\t').map(|value| (value != "\\N").then_some(value));
        insert.execute(rusqlite::params_from_iter(values))?;
        rows += 1;
    }
    anyhow::ensure!(child.wait()?.success(), "COPY failed");
    Ok(rows)
}
