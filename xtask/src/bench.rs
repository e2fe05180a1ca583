//! `cargo xtask bench`: builds for release and hands over to the `bench` program of the tests crate.

use std::process::Command;

use crate::build::{self, Packages};
use crate::{places, run, setup, ui};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which one; all if not given
    name: Option<String>,
    /// Make the last line one JSON object
    #[arg(long)]
    json: bool,
    /// A share of the full size, for trying it out
    #[arg(long)]
    scale: Option<f64>,
    /// Further arguments for the bench program
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wasm = setup::everything()?;
    ui::build(&wasm, ui::Arguments::default())?;
    let programs = build::programs(&Packages::Whole, "release")?;
    let mut bench = Command::new(programs.get("bench")?);
    bench.current_dir(places::root());
    programs.tell(&mut bench);
    if let Some(s3) = setup::s3::program(setup::s3::Build::Optimised) {
        bench.env("WATTLE_S3S_FS_BIN", s3);
    }
    bench.args(&arguments.name);
    if arguments.json {
        bench.arg("--json");
    }
    if let Some(scale) = arguments.scale {
        bench.args(["--scale", &scale.to_string()]);
    }
    run::run(bench.args(&arguments.rest))
}
