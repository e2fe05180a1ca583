//! `cargo xtask fuzz`: one target of `crates/fuzz` for as long as one likes.

use anyhow::bail;

use crate::{places, run, say};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which one: the name of a file in crates/fuzz/tests
    name: String,
    /// For how long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The seed that a failure printed
    #[arg(long)]
    seed: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let targets = targets()?;
    if !targets.contains(&arguments.name) {
        bail!("there is no target {:?}; there are: {}", arguments.name, targets.join(", "));
    }
    say::step(&format!("fuzzing {} for {} s", arguments.name, arguments.seconds));
    let mut command = run::cargo();
    command
        .args([
            "test",
            "--package=wattle-fuzz",
            "--profile=sim",
            "--test",
            &arguments.name,
            "--",
            "--nocapture",
        ])
        .env("BOLERO_RANDOM_ITERATIONS", u32::MAX.to_string())
        .env("BOLERO_RANDOM_TEST_TIME_MS", arguments.seconds.saturating_mul(1000).to_string());
    if let Some(seed) = &arguments.seed {
        command.env("BOLERO_RANDOM_SEED", seed);
    }
    run::run(&mut command)
}

fn targets() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(places::root().join("crates/fuzz/tests"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|x| x == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
