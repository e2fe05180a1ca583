//! `fm-migrate rejects`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wattle_domain::ClinicId;
use wattle_fm_migrate::rejects;

#[derive(Debug, Args)]
pub(super) struct Rejects {
    /// The mapping file.
    #[arg(long)]
    mapping: PathBuf,
    /// As wattle_migrator, or as somebody who may become it. Better given in the environment: arguments are visible.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The clinic's id.
    #[arg(long)]
    clinic: ClinicId,
    /// A new folder for rejects.csv, notes.csv and texts.csv. What is in them is about patients.
    #[arg(long)]
    out: PathBuf,
}

impl Rejects {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { mapping, database_url, clinic, out } = self;
        let request = rejects::Request { mapping, database_url, clinic, out };
        let listed = rejects::list(&request).await.context("the list was not written")?;
        eprintln!(
            "{} records that were not loaded, {} notes, {} texts that stand in the way of several: in {}",
            listed.rejected,
            listed.noted,
            listed.texts,
            request.out.display()
        );
        if listed.uncounted > 0 {
            eprintln!(
                "there are more different texts than texts.csv counts: {} lines of the other two files are not in it",
                listed.uncounted
            );
        }
        println!("{}", serde_json::to_string(&listed)?);
        Ok(())
    }
}
