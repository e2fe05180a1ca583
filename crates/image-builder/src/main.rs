//! `wattle-image-builder`: started by the server, once per image.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::io::AsyncReadExt as _;
use wattle_protocol::image::BuildOrder;

mod output;

/// Builds the images that first syncs are made of. The server starts it; nobody else needs to.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the schema version of the files that it builds.
    Schema,
    /// Reads an order from stdin, builds, prints the offer.
    Build,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Schema => output::say(&serde_json::json!({"schema": wattle_image_builder::schema()})),
        Command::Build => {
            let mut text = String::new();
            tokio::io::stdin().read_to_string(&mut text).await.context("no order came on stdin")?;
            let order: BuildOrder = serde_json::from_str(&text).map_err(|error| {
                anyhow::anyhow!("the order is malformed at {}:{}", error.line(), error.column())
            })?;
            // The server removes the folder; what is in it is encrypted under a key that goes with this process.
            let offer = wattle_image_builder::build(&order).await?;
            output::say(&serde_json::to_value(&offer)?);
        }
    }
    Ok(())
}
