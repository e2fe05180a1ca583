//! `fm-migrate models`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use wattle_domain::ClinicId;
use wattle_domain::number::thousands;
use wattle_fm_migrate::models;
use wattle_models::Refreshed;

#[derive(Debug, Args)]
pub(super) struct Models {
    /// As wattle_migrator, or as somebody who may become it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, required_unless_present = "dbt")]
    database_url: Option<String>,
    /// The clinic's id.
    #[arg(long, required_unless_present = "dbt")]
    clinic: Option<ClinicId>,
    /// This one only.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Refresh nothing; write a dbt project of the same models into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "only")]
    dbt: Option<PathBuf>,
}

impl Models {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        if let Some(folder) = self.dbt {
            let files = models::write_dbt(&folder)?;
            println!("{}", json!({ "dbt": folder, "files": files }));
            return Ok(());
        }
        let (Some(database_url), Some(clinic)) = (self.database_url, self.clinic) else {
            anyhow::bail!("say which database and which clinic");
        };
        let done = models::refresh(&database_url, clinic, None, self.only.as_deref())
            .await
            .context("the read models are not all fresh")?;
        show(&done);
        println!("{}", json!({ "models": done }));
        Ok(())
    }
}

/// What became of each, for people.
pub(super) fn show(done: &[Refreshed]) {
    for m in done {
        let counts = [m.held, m.inserted, m.updated, m.deleted];
        // A view holds none of its own.
        let rows = match counts {
            [0, 0, 0, 0] => String::new(),
            _ => {
                let [held, new, changed, gone] = counts.map(thousands);
                format!("{held} rows; {new} new, {changed} changed, {gone} gone; ")
            }
        };
        eprintln!("model {}: {rows}{} tests hold; {:.1} s", m.model, m.tests, m.seconds);
    }
}
