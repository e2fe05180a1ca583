//! `wattle-sim`: runs seeds, one thread each, and says which fail.
#![allow(clippy::print_stdout, reason = "it is a CLI")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use wattle_simulator::mutant::Mutant;
use wattle_simulator::plan::Plan;
use wattle_simulator::run::{Mask, run};
use wattle_simulator::shrink::shrink;

#[derive(Parser)]
#[command(
    name = "wattle-sim",
    about = "Many workstations, a model of the server and every fault, out of one seed"
)]
struct Arguments {
    /// How many seeds, from `--from` on
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this one, with everything that happens
    #[arg(long)]
    seed: Option<u64>,
    /// Break something on purpose
    #[arg(long)]
    mutant: Option<Mutant>,
    /// Seeds at the same time; 0: as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Go on after a failure
    #[arg(long)]
    keep_going: bool,
    /// Seconds to find out what the first failure needs; 0: do not try
    #[arg(long, default_value_t = 60)]
    shrink_s: u64,
    /// Only seeds whose acts have all of these words, as in `--having "restored: true"`
    #[arg(long)]
    having: Vec<String>,
    /// Print the hash of every seed
    #[arg(long)]
    hashes: bool,
}

/// Prints the smallest run that fails the same way.
fn shrunk(seed: u64, mutant: Option<Mutant>, check: &str, seconds: u64) {
    let (mask, outcome) = shrink(seed, mutant, check, Duration::from_secs(seconds));
    println!("--- shrunk: {} acts left out, weather {:?}", mask.acts.len(), mask.weather);
    for line in &outcome.lines {
        println!("{line}");
    }
    if let Some(wrong) = outcome.wrong {
        println!("FAILED: {}: {}", wrong.check, wrong.what);
    }
    if let Some(kept) = outcome.kept {
        println!("files in {}", kept.display());
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let outcome = run(seed, arguments.mutant, &Mask::default(), true);
        for line in &outcome.lines {
            println!("{line}");
        }
        println!("seed {seed} hash {:016x} events {}", outcome.hash, outcome.events);
        return match outcome.wrong {
            None => ExitCode::SUCCESS,
            Some(wrong) => {
                println!("FAILED: {}: {}", wrong.check, wrong.what);
                if let Some(kept) = outcome.kept {
                    println!("files in {}", kept.display());
                }
                if arguments.shrink_s > 0 {
                    shrunk(seed, arguments.mutant, wrong.check, arguments.shrink_s);
                }
                ExitCode::FAILURE
            }
        };
    }
    let jobs = match arguments.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let began = std::time::Instant::now();
    let next = AtomicU64::new(arguments.from);
    let done = AtomicU64::new(0);
    let failed: Mutex<Vec<(u64, &'static str)>> = Mutex::new(Vec::new());
    let end = arguments.from + arguments.seeds;
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let stop = !arguments.keep_going && failed.lock().is_ok_and(|failed| !failed.is_empty());
                    if seed >= end || stop {
                        break;
                    }
                    let acts = format!("{:?}", Plan::of(seed, arguments.mutant).acts);
                    if !arguments.having.iter().all(|words| acts.contains(words)) {
                        continue;
                    }
                    let outcome = run(seed, arguments.mutant, &Mask::default(), false);
                    done.fetch_add(1, Ordering::Relaxed);
                    if arguments.hashes {
                        println!("seed {seed} hash {:016x} events {}", outcome.hash, outcome.events);
                    }
                    if let Some(wrong) = outcome.wrong {
                        println!(
                            "seed {seed} FAILED: {}: {}",
                            wrong.check,
                            wrong.what.chars().take(400).collect::<String>()
                        );
                        if let Ok(mut failed) = failed.lock() {
                            failed.push((seed, wrong.check));
                        }
                    }
                }
            });
        }
    });
    let (done, seconds) = (done.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
    println!("{done} seeds in {seconds:.1} s, {:.2} seeds per second", done as f64 / seconds.max(0.001));
    let failed = failed.into_inner().unwrap_or_default();
    let Some(&(seed, check)) = failed.iter().min() else { return ExitCode::SUCCESS };
    println!("failed: {}", failed.iter().map(|(seed, _)| seed.to_string()).collect::<Vec<_>>().join(", "));
    if arguments.shrink_s > 0 {
        shrunk(seed, arguments.mutant, check, arguments.shrink_s);
    }
    ExitCode::FAILURE
}
