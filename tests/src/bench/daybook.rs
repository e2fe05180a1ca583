//! `daybook`: one day of 20 practitioners among 1,000,000 appointments.

use std::time::Instant;

use wattle_local_store::DataKey;
use wattle_protocol::ipc::daybook::DayBookQuery;

use super::clinic::{Size, scatter, today};
use super::figures::{Figures, peak_rss_mb, percentile};
use super::{file, floor};

const SIZE: Size = Size { patients: 50_000, practitioners: 20, appointments: 1_000_000 };
const DAYS: u64 = 300;

/// Opens days near and far, in no order.
///
/// # Errors
/// The store says no.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::new(
        "daybook",
        format!("{DAYS} single days of 20 practitioners (600 cards each) among 1,000,000 appointments"),
        "p99 under 16 ms",
        "the same days' appointment rows read bare through the same index, no names joined, same file",
    );
    let dir = tempfile::tempdir()?;
    let (path, key) = (dir.path().join("wattle.db"), DataKey::generate()?);
    let store = file::open(&path, &key)?;
    file::fill(&store, SIZE)?;
    let days: Vec<_> =
        (0..DAYS).map(|n| today().plus_days(i64::try_from(scatter(n) % 1200).unwrap_or(0) - 600)).collect();
    let (mut times, mut cards) = (Vec::new(), 0);
    for &from in &days {
        let start = Instant::now();
        let book = store.day_book(&DayBookQuery { from, days: 1, practitioner_id: None })?;
        times.push(start.elapsed());
        cards += book.cards.len();
    }
    let p99 = figures.times(times);
    figures.put("cards_a_day", cards as f64 / days.len() as f64);
    drop(store);
    let mut bare = floor::days(&path, &key, &days)?;
    bare.sort_unstable();
    let floor = percentile(&bare, 99);
    figures.put("floor", floor);
    figures.put("floor_ratio", p99 / floor.max(0.001));
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(p99 < 16.0);
    Ok(figures)
}
