//! The floors: the same work with nothing of ours around it. The one place outside `local-store` that speaks SQL to
//! SQLite, so that what is measured against is not made of what is measured.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use wattle_domain::{ClinicDate, ClinicZone, PatientId};
use wattle_local_store::DataKey;

use super::clinic::{id, scatter};

/// A bare connection to a keyed file, with the store's own settings of cache and durability.
///
/// # Errors
/// SQLCipher says no.
pub fn connect(path: &Path, key: &DataKey) -> anyhow::Result<Connection> {
    let hex: String = key.bytes().iter().map(|b| format!("{b:02x}")).collect();
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA key = \"x'{hex}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
    ))?;
    Ok(connection)
}

/// Bare prefix queries of the first word typed so far.
///
/// # Errors
/// SQLite says no.
pub fn prefix_queries(path: &Path, key: &DataKey, typed: &[String]) -> anyhow::Result<Vec<Duration>> {
    let connection = connect(path, key)?;
    let mut query =
        connection.prepare("SELECT rowid FROM patient_fts WHERE patient_fts MATCH ?1 LIMIT 20")?;
    let mut times = Vec::new();
    for text in typed {
        let folded: String =
            text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
        let Some(word) = folded.split_whitespace().next() else { continue };
        let start = Instant::now();
        let rows = query.query_map(params![format!("\"{word}\"*")], |row| row.get::<_, i64>(0))?;
        let found = rows.filter_map(Result::ok).count();
        times.push(start.elapsed());
        std::hint::black_box(found);
    }
    Ok(times)
}

/// Bare reads of the appointments of a day.
///
/// # Errors
/// SQLite says no.
pub fn days(path: &Path, key: &DataKey, days: &[ClinicDate]) -> anyhow::Result<Vec<Duration>> {
    let connection = connect(path, key)?;
    let mut query =
        connection.prepare("SELECT id, patient_id, start_at, end_at, status FROM appointment WHERE start_at >= ?1 AND start_at < ?2")?;
    let mut times = Vec::new();
    for &day in days {
        let (from, to) = ClinicZone::default().day(day);
        let start = Instant::now();
        let rows = query.query_map(params![from.0, to.0], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, String>(4)?,
            ))
        })?;
        let found: Vec<_> = rows.filter_map(Result::ok).collect();
        times.push(start.elapsed());
        std::hint::black_box(found);
    }
    Ok(times)
}

/// Opens the file and reads one row, milliseconds.
///
/// # Errors
/// SQLite says no.
pub fn open_ms(path: &Path, key: &DataKey) -> anyhow::Result<f64> {
    let start = Instant::now();
    let connection = connect(path, key)?;
    let name: String = connection.query_row("SELECT name FROM clinic LIMIT 1", [], |row| row.get(0))?;
    std::hint::black_box(name);
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Bare single-row updates, each in a transaction of its own.
///
/// # Errors
/// SQLite says no.
pub fn updates(path: &Path, key: &DataKey, changes: u32, of: u32) -> anyhow::Result<Vec<Duration>> {
    let connection = connect(path, key)?;
    let mut update = connection.prepare("UPDATE appointment SET note = ?2, rev = rev + 1 WHERE id = ?1")?;
    let mut times = Vec::new();
    for n in 0..changes {
        let which = u32::try_from(scatter(n.into()) % u64::from(of)).unwrap_or(0);
        let start = Instant::now();
        let changed = update.execute(params![id(7, which).to_string(), format!("moved again {n}")])?;
        times.push(start.elapsed());
        anyhow::ensure!(changed == 1, "the floor updates the same rows");
    }
    Ok(times)
}

/// One Argon2id at the slots' cost, milliseconds.
///
/// # Errors
/// There is no memory for it.
pub fn argon2id_ms() -> anyhow::Result<f64> {
    use wattle_local_store::keys::{Cost, Stretch};
    let stretch = Stretch::new(Cost::SLOT)?;
    let start = Instant::now();
    std::hint::black_box(stretch.key("a password of usual length")?);
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Bare reads of what a patient's page shows of the clinical record: the same rows, untyped.
///
/// # Errors
/// SQLite says no.
pub fn records(path: &Path, key: &DataKey, patients: &[PatientId]) -> anyhow::Result<Vec<Duration>> {
    let connection = connect(path, key)?;
    let parts = [
        "allergy WHERE patient_id = ?1",
        "condition WHERE patient_id = ?1 AND status = 'active'",
        "condition WHERE patient_id = ?1 AND status <> 'active' ORDER BY created_at DESC LIMIT 40",
        "medication WHERE patient_id = ?1 AND status = 'active'",
        "medication WHERE patient_id = ?1 AND status <> 'active' ORDER BY created_at DESC LIMIT 40",
        "observation WHERE patient_id = ?1 ORDER BY effective_at DESC LIMIT 200",
        "clinical_note WHERE patient_id = ?1 ORDER BY signed_at DESC LIMIT 40",
    ];
    let mut queries = Vec::new();
    for part in parts {
        queries.push(connection.prepare(&format!("SELECT * FROM {part}"))?);
    }
    let mut times = Vec::new();
    for patient in patients {
        let start = Instant::now();
        let mut found = 0;
        for query in &mut queries {
            let columns = query.column_count();
            let mut rows = query.query([patient.to_string()])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    std::hint::black_box(row.get_ref(column)?);
                }
                found += 1;
            }
        }
        times.push(start.elapsed());
        anyhow::ensure!(found > 300, "the floor reads the same rows, not {found}");
    }
    Ok(times)
}
