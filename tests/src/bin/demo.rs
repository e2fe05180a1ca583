//! The program behind `cargo xtask demo`: a clinic of its own, and a window on it; or, with `--headless`, the scripted day.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use wattle_tests::house::{House, PEOPLE, Programs, Size, add_people, opening_time};
use wattle_tests::leaving;

/// Which clinic is played.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Clinic {
    /// A sample to look at.
    Sample,
    /// A large one that leaves FileMaker.
    Large,
}

/// A sample clinic to look at.
#[derive(Parser)]
struct Arguments {
    /// Which clinic.
    #[arg(long, value_enum, default_value = "sample")]
    clinic: Clinic,
    /// Play the scripted day without a screen.
    #[arg(long)]
    headless: bool,
    /// How many patients; of the sample clinic 5,000, of the large one 50,000.
    #[arg(long)]
    patients: Option<u32>,
    /// How many practitioners.
    #[arg(long, default_value_t = 6)]
    practitioners: u32,
    /// How many appointments; of the sample clinic 60,000, of the large one 1,000,000.
    #[arg(long)]
    appointments: Option<u32>,
    /// How many notes the large clinic has.
    #[arg(long)]
    notes: Option<u32>,
    /// How many documents the large clinic has.
    #[arg(long)]
    documents: Option<u32>,
    /// The sample's seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let a = Arguments::parse();
    if a.clinic == Clinic::Large {
        return leave(&a);
    }
    let usual = Size::default();
    let size = Size {
        patients: a.patients.unwrap_or(usual.patients),
        practitioners: a.practitioners,
        appointments: a.appointments.unwrap_or(usual.appointments),
    };
    if a.headless {
        return headless(size, a.seed).await;
    }
    let dir = tempfile::Builder::new().prefix("wattle-demo-").tempdir()?;
    let mut house = House::found(dir.path(), false)?;
    eprintln!("importing the sample clinic …");
    let imported = house.import_sample_at(size, a.seed, &opening_time()?)?;
    eprintln!("read {}, loaded {}, rejected {}", imported.read, imported.loaded, imported.rejected);
    add_people(&house)?;
    house.start_server().await?;
    eprintln!("\nWho can sign in:");
    for person in &PEOPLE {
        eprintln!(
            "  {:<8} {:<30} {} ({})",
            person.username, person.password, person.display_name, person.role
        );
    }
    eprintln!("\nClose the window to end the demo; its clinic goes with it.\n");
    let data = dir.path().join("reception-1");
    wattle_tests::house::bootstrap(&data, &house, "reception-1")?;
    let mut app = std::process::Command::new(Programs::desktop()?)
        .env("WATTLE_DATA_DIR", &data)
        .spawn()
        .context("cannot open the desktop app")?;
    app.wait()?;
    Ok(())
}

fn leave(a: &Arguments) -> anyhow::Result<()> {
    let large = leaving::Size::LARGE;
    let size = leaving::Size {
        patients: a.patients.unwrap_or(large.patients),
        appointments: a.appointments.unwrap_or(large.appointments),
        notes: a.notes.unwrap_or(large.notes),
        documents: a.documents.unwrap_or(large.documents),
    };
    let dir = tempfile::Builder::new().prefix("wattle-leaving-").tempdir()?;
    let figures = leaving::play(dir.path(), size, a.seed)?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

#[cfg(target_os = "linux")]
async fn headless(size: Size, seed: u64) -> anyhow::Result<()> {
    let figures = wattle_tests::day::play(&PathBuf::from("target/demo"), size, seed).await?;
    println!("{figures}");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
async fn headless(_: Size, _: u64) -> anyhow::Result<()> {
    let _ = PathBuf::new();
    anyhow::bail!(
        "the scripted day drives WebKitGTK under Xvfb: it plays on Linux only; `cargo xtask demo` works here"
    )
}
