//! `open`: from the data key to the first day book on a file of 1 GB; Argon2id is measured beside it.

use std::time::Instant;

use wattle_local_store::DataKey;
use wattle_protocol::ipc::daybook::DayBookQuery;

use super::clinic::{Size, today};
use super::figures::{Figures, peak_rss_mb};
use super::{file, floor};

/// About 1 GB with indexes and search.
const SIZE: Size = Size { patients: 300_000, practitioners: 20, appointments: 1_600_000 };
const TIMES: usize = 5;

/// Closes and opens the file some times.
///
/// # Errors
/// The store says no.
pub fn run() -> anyhow::Result<Figures> {
    let dir = tempfile::tempdir()?;
    let (path, key) = (dir.path().join("wattle.db"), DataKey::generate()?);
    let store = file::open(&path, &key)?;
    file::fill(&store, SIZE)?;
    drop(store);
    let size_mb = std::fs::metadata(&path)?.len() as f64 / 1e6;
    let mut figures = Figures::new(
        "open",
        format!("data key to first day book, {TIMES} times, on a file of {size_mb:.0} MB"),
        "under 1 s after Argon2id",
        "SQLCipher opens the same file with the raw key and reads one row",
    );
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        let store = file::open(&path, &key)?;
        let book = store.day_book(&DayBookQuery { from: today(), days: 1, practitioner_id: None })?;
        times.push(start.elapsed());
        anyhow::ensure!(!book.cards.is_empty(), "the day has cards");
        drop(store);
    }
    let worst = figures.times(times);
    figures.put("file_mb", size_mb);
    figures.put("argon2id_ms", floor::argon2id_ms()?);
    let floor = floor::open_ms(&path, &key)?;
    figures.put("floor", floor);
    figures.put("floor_ratio", worst / floor.max(0.001));
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(worst < 1000.0);
    Ok(figures)
}
