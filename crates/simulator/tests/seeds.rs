//! The simulator proves the sync, and proves itself. Meant for `--profile sim`: in another it takes long.
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
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wattle_simulator::mutant::Mutant;
use wattle_simulator::run::{Mask, run};
use wattle_simulator::server::history::Wrong;
use wattle_simulator::shrink::shrink;

/// Seeds of each kind in a run of the tests.
const SEEDS: u64 = 200;
/// A failure is shrunk for so long.
const SHRINK: Duration = Duration::from_secs(120);

/// A seed that failed.
struct Failed {
    seed: u64,
    wrong: Wrong,
}

/// Runs seeds from `first` on, on all processors; a mutant's until one fails. Returns how many ran, and the failures.
fn run_many(first: u64, most: u64, mutant: Option<Mutant>) -> (u64, Vec<Failed>) {
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
                    if seed >= first + most || enough {
                        break;
                    }
                    let outcome = run(seed, mutant, &Mask::default(), false);
                    done.fetch_add(1, Ordering::Relaxed);
                    if let Some(wrong) = outcome.wrong {
                        failed.lock().unwrap().push(Failed { seed, wrong });
                    }
                }
            });
        }
    });
    (done.into_inner(), failed.into_inner().unwrap())
}

/// Runs seeds of the clean build; a failure is told with the least that it needs.
fn all_pass(first: u64) {
    let (done, failed) = run_many(first, SEEDS, None);
    println!("{done} seeds from {first} on");
    assert_eq!(done, SEEDS);
    if let Some(Failed { seed, wrong }) = failed.first() {
        let (_, shrunk) = shrink(*seed, None, wrong.check, SHRINK);
        shrunk.lines.iter().for_each(|line| println!("{line}"));
    }
    let failed: Vec<String> =
        failed.iter().map(|f| format!("seed {}: {}: {}", f.seed, f.wrong.check, f.wrong.what)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
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
        let (tried, caught) = run_many(1, 200, Some(mutant));
        let Some(Failed { seed, wrong }) = caught.first() else {
            panic!("{} lived through {tried} seeds", mutant.name())
        };
        println!(
            "{} caught within {tried} seeds: seed {seed}: {}: {}",
            mutant.name(),
            wrong.check,
            wrong.what
        );
    }
}

#[test]
fn fixed_seeds_pass() {
    all_pass(1);
}

#[test]
fn fresh_seeds_pass() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    all_pass(now * 1_000);
}
