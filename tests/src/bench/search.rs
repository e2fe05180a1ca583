//! `search`: a keystroke to results over 200,000 patients.

use std::time::{Duration, Instant};

use wattle_local_store::DataKey;
use wattle_protocol::ipc::patients::SearchPatients;

use super::clinic::{Size, family_name, given_name, mobile, scatter};
use super::figures::{Figures, peak_rss_mb};
use super::{file, floor};

/// Patients, as the aim has it.
const PATIENTS: u32 = 200_000;
/// People whose names are typed, letter by letter.
const PEOPLE: u64 = 60;

/// Types names, phones and parts of them, one keystroke at a time.
///
/// # Errors
/// The store says no.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::new(
        "search",
        format!("every keystroke of names, name parts and phones over {PATIENTS} patients, top 20"),
        "p99 under 16 ms",
        "the same first word as a bare FTS5 prefix query, unranked, 20 rowids, same file",
    );
    let dir = tempfile::tempdir()?;
    let (path, key) = (dir.path().join("wattle.db"), DataKey::generate()?);
    let store = file::open(&path, &key)?;
    file::fill(&store, Size { patients: PATIENTS, practitioners: 6, appointments: 0 })?;
    let typed = keystrokes();
    let (mut times, mut found) = (Vec::with_capacity(typed.len()), 0);
    for query in &typed {
        let start = Instant::now();
        let hits = store.search_patients(&SearchPatients { query: query.clone(), limit: 20 })?;
        times.push(start.elapsed());
        found += usize::from(!hits.is_empty());
    }
    let p99 = figures.times(times);
    figures.put("keystrokes_with_results", found as f64);
    drop(store);
    let mut bare: Vec<Duration> = floor::prefix_queries(&path, &key, &typed)?;
    bare.sort_unstable();
    let floor = super::figures::percentile(&bare, 99);
    figures.put("floor", floor);
    figures.put("floor_ratio", p99 / floor.max(0.001));
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(p99 < 16.0);
    Ok(figures)
}

fn keystrokes() -> Vec<String> {
    let mut all = Vec::new();
    let mut type_out = |text: String| {
        let letters: Vec<char> = text.chars().collect();
        all.extend((1..=letters.len()).filter_map(|n| letters.get(..n).map(|part| part.iter().collect())));
    };
    for person in 0..PEOPLE {
        let n = u32::try_from(scatter(person) % u64::from(PATIENTS)).unwrap_or(0);
        match person % 4 {
            0 => type_out(format!("{} {}", family_name(n), given_name(n))),
            1 => type_out(format!("{} {}", given_name(n), family_name(n))),
            2 => type_out(mobile(n).replace("+61", "0")),
            _ => type_out(family_name(n).to_lowercase()),
        }
    }
    all
}
