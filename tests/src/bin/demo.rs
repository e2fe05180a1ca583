//! The program behind `cargo xtask demo`: a clinic of its own, and a window on it; or, with `--headless`, the scripted day.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use wattle_tests::house::{House, PEOPLE, Size, add_people, opening_time};

/// A sample clinic to look at.
#[derive(Parser)]
struct Arguments {
    /// Play the scripted day without a screen.
    #[arg(long)]
    headless: bool,
    /// How many patients.
    #[arg(long, default_value_t = 5_000)]
    patients: u32,
    /// How many practitioners.
    #[arg(long, default_value_t = 6)]
    practitioners: u32,
    /// How many appointments.
    #[arg(long, default_value_t = 60_000)]
    appointments: u32,
    /// The sample's seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let a = Arguments::parse();
    let size = Size { patients: a.patients, practitioners: a.practitioners, appointments: a.appointments };
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
    let mut app = std::process::Command::new(&house.programs().desktop)
        .env("WATTLE_DATA_DIR", &data)
        .spawn()
        .context("cannot open the desktop app")?;
    app.wait()?;
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
