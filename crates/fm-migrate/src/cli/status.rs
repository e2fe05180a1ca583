//! `fm-migrate status`.

use clap::Args;
use wattle_domain::ClinicId;
use wattle_fm_migrate::status;

#[derive(Debug, Args)]
pub(super) struct Status {
    /// As wattle_migrator, or as somebody who may become it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The clinic's id.
    #[arg(long)]
    clinic: ClinicId,
}

impl Status {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let tables = status::status(&self.database_url, self.clinic).await?;
        for t in &tables {
            let of = t.found.map_or_else(String::new, |n| format!(" of {n}"));
            let left = t.seconds_left.map_or_else(String::new, |s| format!(", about {:.0} s left", s.ceil()));
            let loaded = match (t.loaded, t.rejected) {
                (Some(loaded), Some(rejected)) => format!("; {loaded} loaded, {rejected} rejected"),
                _ => "; not imported".to_owned(),
            };
            eprintln!("{} by {}: {}, {}{of} staged{left}{loaded}", t.table, t.route, t.state, t.staged);
        }
        println!("{}", serde_json::to_string(&tables)?);
        Ok(())
    }
}
