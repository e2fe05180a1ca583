//! The command line of the migrator. Words to the user and exit codes; every rule is in the library.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;

use anyhow::Context;
use chrono::{NaiveDate, NaiveTime, Timelike};
use clap::{Args, Parser, Subcommand};
use wattle_fm_migrate::sample;

/// Moves a clinic out of FileMaker.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a made-up clinic in FileMaker's export formats, with FileMaker's dirt.
    Sample(SampleArgs),
}

#[derive(Debug, Args)]
struct SampleArgs {
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Patients that load; the dirty ones come on top.
    #[arg(long, default_value_t = 5_000)]
    patients: u32,
    /// Practitioners who work there; two who have left come on top.
    #[arg(long, default_value_t = 6)]
    practitioners: u32,
    /// Appointments that load; the dirty ones come on top.
    #[arg(long, default_value_t = 60_000)]
    appointments: u32,
    /// The day of the export, YYYY-MM-DD.
    #[arg(long)]
    today: NaiveDate,
    /// The clinic's clock at the export, HH:MM: who is done, in consult and waiting.
    #[arg(long, default_value = "11:00", value_parser = clock)]
    now: NaiveTime,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
}

fn clock(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "a time such as 11:00 is wanted".into())
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().action {
        Action::Sample(args) => make_sample(&args),
    }
}

fn make_sample(args: &SampleArgs) -> anyhow::Result<()> {
    let plan = sample::Plan {
        seed: args.seed,
        patients: args.patients,
        practitioners: args.practitioners,
        appointments: args.appointments,
        today: args.today,
        now_min: args.now.hour() * 60 + args.now.minute(),
    };
    let truth = sample::write(&plan, &args.out).context("the sample clinic was not written")?;
    for (name, table) in [
        ("practitioners", &truth.practitioners),
        ("patients", &truth.patients),
        ("appointments", &truth.appointments),
    ] {
        eprintln!("{name}: {} records, {} of them to be rejected", table.read, table.rejects.len());
    }
    Ok(())
}
