//! One seed from beginning to end.

use std::path::PathBuf;

use crate::mutant::Mutant;
use crate::plan::{Plan, Weather};
use crate::server::history::Wrong;
use crate::world::World;

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The hash over everything that happened.
    pub hash: u64,
    /// How many things happened.
    pub events: u64,
    /// What was wrong.
    pub wrong: Option<Wrong>,
    /// What happened, when it was kept.
    pub lines: Vec<String>,
    /// Where the files are, when they were kept.
    pub kept: Option<PathBuf>,
}

/// What is left out of a plan, to find out what a failure needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    /// Acts that do not happen, by their place.
    pub acts: std::collections::BTreeSet<usize>,
    /// Another weather than planned.
    pub weather: Option<Weather>,
}

/// Where files go: memory where there is some, for nothing of it needs to survive.
#[must_use]
pub fn workplace() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// Runs a seed.
///
/// # Panics
/// When the folder for its files cannot be made.
#[must_use]
pub fn run(seed: u64, mutant: Option<Mutant>, mask: &Mask, keep: bool) -> Outcome {
    let mut plan = Plan::of(seed, mutant);
    let mut place = 0;
    plan.acts.retain(|_| {
        place += 1;
        !mask.acts.contains(&(place - 1))
    });
    plan.weather = mask.weather.unwrap_or(plan.weather);
    let folder =
        tempfile::Builder::new().prefix("wattle-sim-").tempdir_in(workplace()).expect("a folder for files");
    let mut world = World::new(plan, folder.path().to_owned(), keep);
    world.run();
    let (wrong, hash, events) = (world.wrong.take(), world.trace.hash(), world.trace.events());
    for desk in 0..world.desks.len() {
        world.stop(desk);
    }
    let World { trace, .. } = world;
    let kept = (keep && wrong.is_some()).then(|| folder.keep());
    Outcome { seed, hash, events, wrong, lines: trace.into_lines(), kept }
}
