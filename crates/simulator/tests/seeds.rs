//! The simulator proves the sync, and proves itself. Meant for `--profile sim`; bounded in time in any.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wattle_simulator::mutant::Mutant;
use wattle_simulator::run::{Mask, run};

/// Runs seeds from `first` on, on all processors, until there are enough or the time is up; returns the failures.
fn run_many(first: u64, most: u64, time: Duration, mutant: Option<Mutant>) -> (u64, Vec<String>) {
    let until = Instant::now() + time;
    let next = AtomicU64::new(first);
    let done = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let enough = mutant.is_some() && !failed.lock().unwrap().is_empty();
                    if seed >= first + most || Instant::now() > until || enough {
                        break;
                    }
                    let outcome = run(seed, mutant, &Mask::default(), false);
                    done.fetch_add(1, Ordering::Relaxed);
                    if let Some(wrong) = outcome.wrong {
                        failed.lock().unwrap().push(format!("seed {seed}: {}: {}", wrong.check, wrong.what));
                    }
                }
            });
        }
    });
    (done.into_inner(), failed.into_inner().unwrap())
}

#[test]
fn the_same_seed_gives_the_same_trace_in_another_process() {
    let hashes = || {
        let output = Command::new(env!("CARGO_BIN_EXE_wattle-sim"))
            .args(["--seeds", "3", "--from", "7", "--hashes", "--jobs", "1", "--keep-going"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|l| l.contains(" hash ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (hashes(), hashes());
    assert_eq!(first.len(), 3);
    assert_eq!(first, second);
}

#[test]
fn every_mutant_is_caught() {
    for mutant in Mutant::ALL {
        let (tried, caught) = run_many(1, 200, Duration::from_secs(180), Some(mutant));
        assert!(!caught.is_empty(), "{} lived through {tried} seeds", mutant.name());
        println!("{} caught within {tried} seeds: {}", mutant.name(), caught[0]);
    }
}

#[test]
fn fixed_seeds_pass() {
    let (done, failed) = run_many(1, 300, Duration::from_secs(120), None);
    println!("{done} fixed seeds");
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn fresh_seeds_pass() {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (done, failed) = run_many(today * 1_000, 300, Duration::from_secs(120), None);
    println!("{done} fresh seeds from {} on", today * 1_000);
    assert!(failed.is_empty(), "{failed:#?}");
}
