//! `cargo xtask demo`: sets all up, builds, and hands over to the `demo` program of the tests crate.

use std::process::Command;

use crate::build::{self, Packages};
use crate::{places, run, setup, ui};

/// Which clinic is shown.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Clinic {
    /// One to look at, in a window
    Sample,
    /// Twenty years of a large one, which leaves FileMaker by its files and by its server, killed on the way; no window. Optimised always
    Large,
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which clinic
    #[arg(long, value_enum, default_value = "sample")]
    clinic: Clinic,
    /// Play the scripted day without a screen; the last line is one JSON object
    #[arg(long)]
    headless: bool,
    /// How many patients the sample clinic has
    #[arg(long)]
    patients: Option<u32>,
    /// How many appointments the sample clinic has
    #[arg(long)]
    appointments: Option<u32>,
    /// Optimise: a longer build, a quicker app
    #[arg(long)]
    release: bool,
    /// Further arguments for the demo program
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Unoptimised by default: a newcomer waits for the build once, and ours takes a third of the release build's
/// time, while dependencies, SQLCipher and Argon2id are optimised in both.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if matches!(arguments.clinic, Clinic::Large) {
        return leave(arguments);
    }
    let wasm = setup::everything()?;
    ui::build(&wasm, ui::Arguments::default())?;
    let programs = build::programs(&Packages::Whole, if arguments.release { "release" } else { "dev" })?;
    let mut demo = Command::new(programs.get("demo")?);
    demo.current_dir(places::root());
    programs.tell(&mut demo);
    if arguments.headless {
        demo.arg("--headless");
    }
    sized(&mut demo, arguments);
    run::run(demo.args(&arguments.rest))
}

/// A million records through unoptimised code take an hour: it is always the release build, of the few programs that it needs.
fn leave(arguments: &Arguments) -> anyhow::Result<()> {
    setup::everything()?;
    let programs = build::programs(&Packages::Leaving, "release")?;
    let mut demo = Command::new(programs.get("demo")?);
    demo.current_dir(places::root()).args(["--clinic", "large"]);
    programs.tell(&mut demo);
    sized(&mut demo, arguments);
    run::run(demo.args(&arguments.rest))
}

fn sized(demo: &mut Command, arguments: &Arguments) {
    for (flag, count) in [("--patients", arguments.patients), ("--appointments", arguments.appointments)] {
        if let Some(count) = count {
            demo.args([flag, &count.to_string()]);
        }
    }
}
