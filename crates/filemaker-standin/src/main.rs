//! The stand-in as a program: serves a folder that `fm-migrate sample` wrote until its input closes.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use clap::Parser;
use wattle_filemaker_standin::{Settings, Standin, clinic};

/// A stand-in for FileMaker Server over a sample clinic. The first line on stdout is its address.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the sample.
    #[arg(long)]
    sample: PathBuf,
    /// The port; any free one when 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Writes into the sample's clinic.toml where it can be reached.
    #[arg(long)]
    teach: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let database = clinic::sample(&arguments.sample)?;
    let standin = Standin::start(database, Settings { port: arguments.port, ..Settings::default() }).await?;
    if arguments.teach {
        standin.teach(&arguments.sample.join("clinic.toml"), "")?;
    }
    println!("{}", standin.url());
    // Whoever started it holds its input open: it ends with them.
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}
