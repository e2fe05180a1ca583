//! `cargo xtask test`: everything, from nothing, with one plain line at the end.

use std::process::Command;

use anyhow::bail;

use crate::build::{self, Packages, Programs};
use crate::workspace::Workspace;
use crate::{places, run, say, setup, ui};

mod failures;
mod tally;

use tally::Tally;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build the page quickly and large
    #[arg(long)]
    dev: bool,
}

/// Builds all, runs all, counts all; an error if anything failed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wasm = setup::everything()?;
    ui::build(&wasm, ui::Arguments { dev: arguments.dev })?;
    let features = Workspace::read()?.features();
    let programs = build::programs(&Packages::All, "dev")?;

    let mut tally = Tally::default();
    let unit_tests_ran = if nextest() {
        with_nextest(&programs, &features, &mut tally)?
    } else {
        with_cargo(&programs, &features, &mut tally)?
    };
    let simulated = simulation(&mut tally)?;
    say::step("tests in documentation");
    let mut doc = run::cargo();
    doc.args(["test", "--doc", "--workspace", "--no-fail-fast", "--color=never"]).args(&features);
    programs.tell(&mut doc);
    let doc_tests_ran = run::reading(&mut doc, |line| tally.read_cargo(line))?;

    // A run that could not be built has failed, though no test of it did.
    let broken = !(unit_tests_ran && simulated && doc_tests_ran);
    if broken && tally.failed == 0 {
        tally.failed = 1;
    }
    if tally.failed > 0 {
        for text in tally.failures.texts() {
            say::step("failed");
            say::relay(&text);
        }
    }
    say::result(&tally.to_string());
    if tally.failed > 0 {
        std::process::exit(1);
    }
    if tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

fn nextest() -> bool {
    run::ask("cargo", &["nextest", "--version"]).is_some()
}

/// nextest: cheap crates first, whole-system tests last and one at a time (xtask/nextest.toml).
fn with_nextest(programs: &Programs, features: &[String], tally: &mut Tally) -> anyhow::Result<bool> {
    say::step("tests (nextest)");
    let mut command = run::cargo();
    command
        .args([
            "nextest",
            "run",
            "--workspace",
            "--exclude=wattle-simulator",
            "--no-fail-fast",
            "--color=never",
            "--config-file",
        ])
        .arg(places::root().join("xtask/nextest.toml"))
        .args(features);
    // nextest keeps its reports in the checkout, wherever the artefacts are.
    let junit = places::root().join("target/nextest/default/junit.xml");
    let _ = std::fs::remove_file(&junit);
    tell(&mut command, programs);
    let good = run::reading(&mut command, |line| tally.read_nextest(line))?;
    // nextest shows the output of failed tests only; what passed tests said is in its report.
    for line in std::fs::read_to_string(&junit).unwrap_or_default().lines() {
        if let Some(skipped) = tally.read_skipped(line) {
            say::relay(&skipped);
        }
    }
    Ok(good)
}

fn with_cargo(programs: &Programs, features: &[String], tally: &mut Tally) -> anyhow::Result<bool> {
    say::step("tests (cargo test; cargo-nextest would run them side by side)");
    let mut command = run::cargo();
    command.args(["test", "--workspace", "--exclude=wattle-simulator", "--all-targets", "--no-fail-fast"]);
    command.arg("--color=never").args(features);
    command.args(["--", "--show-output"]);
    tell(&mut command, programs);
    run::reading(&mut command, |line| {
        tally.read_cargo(line);
        let _ = tally.read_skipped(line);
    })
}

/// The simulator: thousands of days of a clinic need an optimised build, and each of its tests takes every processor.
fn simulation(tally: &mut Tally) -> anyhow::Result<bool> {
    say::step("simulated seeds");
    let mut command = run::cargo();
    command.args(["test", "--package=wattle-simulator", "--profile=sim", "--all-targets", "--no-fail-fast"]);
    command.args(["--color=never", "--", "--test-threads=1", "--nocapture"]);
    run::reading(&mut command, |line| tally.read_cargo(line))
}

fn tell(command: &mut Command, programs: &Programs) {
    programs.tell(command);
    if let Some(s3) = setup::s3::program(setup::s3::Build::Quick) {
        command.env("WATTLE_S3S_FS_BIN", s3);
    }
    if let Some(provider) = setup::openid::package() {
        command.env("WATTLE_OIDC_PROVIDER", provider);
    }
    if let Some(moto) = setup::moto::program() {
        command.env("WATTLE_MOTO_BIN", moto);
    }
    if let Some(dbt) = setup::dbt::program() {
        command.env("WATTLE_DBT_BIN", dbt);
    }
    command.env("WATTLE_CACHE", places::cache());
}
