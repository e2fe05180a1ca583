//! `cargo xtask …`: from a fresh checkout to a set-up machine, a page, tests, the demo and the benchmarks.
//!
//! Owns: which programs are run in which order, and where artefacts go (outside the checkout).
//! Must never: hold anything of the product; what it starts is built from the other crates.
//! Called by: people and `.ci/run`.

use clap::{Parser, Subcommand};

mod bench;
mod build;
mod demo;
mod deny;
mod fuzz;
mod lint;
mod places;
mod run;
mod say;
mod setup;
mod sim;
mod test;
mod ui;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Sets up, builds, tests, shows and measures Wattle")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what this machine misses, or say what it is
    Setup,
    /// Build the page into ui/dist
    Ui(ui::Arguments),
    /// Run every test, from nothing; the last line counts them
    Test(test::Arguments),
    /// Check the code with clippy, warnings being errors; needs the page built
    Lint,
    /// Check licences, bans, sources and (where the database can be had) advisories of our dependencies
    Deny,
    /// Show one clinic: private PostgreSQL, server, sample clinic, desktop window
    Demo(demo::Arguments),
    /// Run seeds of the simulator: many desks, every fault, and what must hold all the same
    Sim(sim::Arguments),
    /// Measure; without a name, everything
    Bench(bench::Arguments),
    /// Feed nearly right inputs to one of the readers of what others wrote
    Fuzz(fuzz::Arguments),
}

fn main() -> std::process::ExitCode {
    match run_task() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            say::failed(&error);
            std::process::ExitCode::FAILURE
        }
    }
}

fn run_task() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Setup => setup::everything().map(drop),
        Task::Ui(arguments) => ui::build(&setup::wasm()?, arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Lint => lint::check(),
        Task::Deny => deny::check(),
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Sim(arguments) => sim::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
    }
}
