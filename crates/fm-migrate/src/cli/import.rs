//! `fm-migrate import`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wattle_domain::ClinicId;
use wattle_fm_migrate::map_key::MapKey;
use wattle_fm_migrate::report::Report;
use wattle_fm_migrate::wire::Route;
use wattle_fm_migrate::{import, models};

use super::models::show as show_models;
use super::progress;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The mapping file; the exports lie beside it.
    #[arg(long)]
    pub(super) mapping: PathBuf,
    /// As wattle_migrator, or as somebody who may become it. Better given in the environment: arguments are visible.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: String,
    /// The clinic's id.
    #[arg(long)]
    pub(super) clinic: ClinicId,
    /// Where records come from, where not as the mapping says: file, odata, data_api.
    #[arg(long)]
    pub(super) route: Option<Route>,
    /// The file that `wattle-server keys map` has written: what the map says of a row is a hash under that key then. Once a
    /// clinic's map is under it, it is always asked for.
    #[arg(long, env = "WATTLE_MAP_KEY_FILE")]
    pub(super) map_key_file: Option<PathBuf>,
}

impl Import {
    /// The key of the map, where one is given.
    pub(super) fn map_key(&self) -> Result<Option<MapKey>, wattle_fm_migrate::Error> {
        self.map_key_file.as_deref().map(MapKey::read).transpose()
    }

    pub(super) async fn run(self) -> anyhow::Result<()> {
        let map_key = self.map_key()?;
        if map_key.is_none() {
            eprintln!(
                "without --map-key-file: what rows were loaded as is kept as plain hashes, which can be tried out against guesses"
            );
        }
        let Self { mapping, database_url, clinic, route, .. } = self;
        let request = import::Request { mapping, database_url, clinic, route, map_key };
        let report = import::import(&request, &progress).await.context("the import stopped")?;
        show(&report);
        let refreshed = models::refresh(&request.database_url, clinic, Some(report.run), None)
            .await
            .context("everything is imported, but the read models are not all fresh")?;
        show_models(&refreshed);
        let mut said = serde_json::to_value(&report)?;
        if let Some(said) = said.as_object_mut() {
            said.insert("models".into(), serde_json::to_value(&refreshed)?);
        }
        println!("{said}");
        Ok(())
    }
}

/// The account of every row, for people.
fn show(report: &Report) {
    for (name, table) in &report.tables {
        if table.read > 0 {
            eprintln!("{name}: {} read = {} loaded + {} rejected", table.read, table.loaded, table.rejected);
        }
        for (code, count) in &table.rejects {
            eprintln!("  rejected {count} {}", code.as_str());
        }
        for (code, count) in &table.notes {
            eprintln!("  noted {count} {}", code.as_str());
        }
        for (target, rows) in &table.targets {
            eprintln!(
                "  {target}: {} new, {} changed, {} removed, {} kept as changed here, {} as before",
                rows.inserted, rows.updated, rows.removed, rows.kept, rows.unchanged
            );
        }
    }
    eprintln!("{} rows written in {:.1} s", report.written, report.seconds);
    match report.closed {
        Some(true) => eprintln!(
            "closed until the switch: workstations can look, and what people enter there waits for `fm-migrate cutover`"
        ),
        Some(false) => eprintln!("people work in this clinic already: it stays open"),
        None => {}
    }
}
