//! `wattle-server jobs`: the server's own work.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use wattle_domain::ClinicId;
use wattle_domain::time::Clock as _;
use wattle_server::clock::SystemClock;
use wattle_server::job;

use super::secrets::owner_pool;
use super::{documents, kms, output};

/// How often is looked for what is due.
const LOOK: Duration = Duration::from_secs(60);

#[derive(Subcommand)]
pub(super) enum Jobs {
    /// Does what is due, of every clinic: each night its documents are compared with the store, every quarter of an hour its read
    /// models are refreshed. A line for each job. To be run by a timer, or with --watch as a process of its own, on as many machines as there are: no job is done twice.
    Run {
        #[command(flatten)]
        keys: kms::Keys,
        /// Where blobs are, as `serve` has it.
        #[arg(long, env = "WATTLE_BLOBS")]
        blobs: Option<String>,
        /// Goes on until SIGTERM. What is cut off is begun anew by whoever looks next.
        #[arg(long)]
        watch: bool,
    },
    /// Says what waits for a clinic, and what the newest jobs found.
    List {
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
}

impl Jobs {
    pub(super) async fn run(self) -> anyhow::Result<Value> {
        let owner = owner_pool().await?;
        match self {
            Self::List { clinic } => Ok(json!({ "jobs": job::newest(&owner, clinic).await? })),
            Self::Run { keys, blobs, watch } => {
                let place = documents::place(&keys, blobs)?;
                let now = || SystemClock.now().to_chrono().unwrap_or_default();
                let mut done = 0_u64;
                loop {
                    let work = job::run_due(&owner, &place, now, |said| {
                        output::say(&said);
                        done += 1;
                    });
                    match work.await {
                        Err(error) if watch => tracing::warn!(%error, "no job could be looked for"),
                        other => other?,
                    }
                    if !watch {
                        return Ok(json!({ "done": done }));
                    }
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }
}
