//! `one-change`: one incoming row on a file of 1,000,000 rows, with something pending beside it.

use std::time::Instant;

use wattle_domain::{AppointmentId, FeedClass, FeedSeq};
use wattle_local_store::DataKey;
use wattle_protocol::pull::Frame;

use super::clinic::{Size, appointment, id, row_count, row_frame, scatter};
use super::figures::{Figures, peak_rss_mb, percentile};
use super::scale::Scale;
use super::{file, floor};

/// 1,000,000 rows.
const PATIENTS: u32 = 120_000;
const APPOINTMENTS: u32 = 640_000;
const CHANGES: u32 = 500;

/// Applies single changes, each a pull of its own.
///
/// # Errors
/// The store says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    let size = Size {
        patients: scale.of(PATIENTS, 500),
        practitioners: 20,
        appointments: scale.of(APPOINTMENTS, 2000),
    };
    let mut figures = Figures::new(
        "one-change",
        format!(
            "{CHANGES} pulls of one changed appointment each, on a file of {} rows{}",
            row_count(size),
            scale.note()
        ),
        "p99 under 5 ms",
        "the same UPDATE of one row in a transaction of its own, synchronous=FULL, same file",
    );
    let dir = tempfile::tempdir()?;
    let (path, key) = (dir.path().join("wattle.db"), DataKey::generate()?);
    let store = file::open(&path, &key)?;
    file::fill(&store, size)?;
    let mut times = Vec::new();
    for n in 0..CHANGES {
        let which = u32::try_from(scatter(n.into()) % u64::from(size.appointments)).unwrap_or(0);
        let mut changed = appointment(size, which);
        changed.id = AppointmentId(id(7, which));
        changed.note = Some(format!("moved {n}"));
        let seq = FeedSeq(u64::from(n) + 2);
        let frames = [
            row_frame(id(7, which), 2 + i64::from(n), &changed),
            Frame::Page { feed: FeedClass::Front, to: seq },
            Frame::Checkpoint {
                cursors: [(FeedClass::Ref, FeedSeq(1)), (FeedClass::Front, seq)].into_iter().collect(),
                answers: Vec::new(),
                complete: true,
                digests: Vec::new(),
            },
        ];
        let start = Instant::now();
        let mut pull = store.begin_pull()?;
        for frame in frames {
            pull.frame(frame)?;
        }
        pull.finish()?;
        times.push(start.elapsed());
    }
    let p99 = figures.times(times);
    drop(store);
    let mut bare = floor::updates(&path, &key, CHANGES, size.appointments)?;
    bare.sort_unstable();
    let floor = percentile(&bare, 99);
    figures.put("floor", floor);
    figures.put("floor_ratio", p99 / floor.max(0.001));
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(p99 < 5.0);
    Ok(figures)
}
