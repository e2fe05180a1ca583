//! `wattle-server`: migrate, administer, serve.

use clap::Parser as _;

mod cli;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    wattle_server::logging::start();
    cli::Cli::parse().run().await
}
