//! `cargo xtask sim`: the seeded simulator, built as fast as it needs to be.

use std::process::Command;

use crate::{places, run};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this one, with everything that happens and, when it fails, what it needs to fail
    #[arg(long)]
    seed: Option<u64>,
    /// Break something on purpose: it must be caught
    #[arg(long)]
    mutant: Option<String>,
    /// Seeds at the same time; 0: as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Further arguments for the simulator
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let profile = ["--profile", "sim"];
    run::run(run::cargo().args(["build", "--quiet", "--package", "wattle-simulator"]).args(profile))?;
    let mut sim = Command::new(places::target().join("sim").join("wattle-sim"));
    match arguments.seed {
        Some(seed) => sim.args(["--seed", &seed.to_string()]),
        None => sim.args(["--seeds", &arguments.seeds.to_string(), "--from", &arguments.from.to_string()]),
    };
    if let Some(mutant) = &arguments.mutant {
        sim.args(["--mutant", mutant]);
    }
    sim.args(["--jobs", &arguments.jobs.to_string()]);
    run::run(sim.args(&arguments.rest))
}
