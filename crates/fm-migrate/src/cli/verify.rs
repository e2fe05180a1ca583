//! `fm-migrate verify`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wattle_fm_migrate::verify;

use super::import;

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    of: import::Import,
    /// The folder for the report.
    #[arg(long, default_value = "verified")]
    out: PathBuf,
    /// Draw other records for the spot check, so many of each table. Without it the page that somebody has saved stays,
    /// or a first one of 20 is drawn.
    #[arg(long, value_name = "RECORDS", conflicts_with = "ticked")]
    spot: Option<u32>,
    /// The ticks that somebody has saved from the spot-check page. They are kept, and hold in every later verification for
    /// as long as their records are the same.
    #[arg(long, value_name = "FILE")]
    ticked: Option<PathBuf>,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let map_key = self.of.map_key()?;
        let import::Import { mapping, database_url, clinic, .. } = self.of;
        let Self { out, spot, ticked, .. } = self;
        let request = verify::Request {
            mapping,
            database_url,
            clinic,
            out: out.clone(),
            spot,
            ticked,
            map_key,
            typesetter: Some(pdf),
        };
        let verified = verify::verify(&request).await.context("nothing was verified")?;
        for c in &verified.counts {
            eprintln!("{}: {} staged = {} loaded + {} rejected", c.table, c.staged, c.loaded, c.rejected());
        }
        for d in verified.differences.iter().filter(|d| d.why == verify::Why::Unexplained).take(20) {
            eprintln!("{} {}: {:?} {}", d.table, d.id, d.what, d.columns.join(", "));
        }
        eprintln!("see {} and report.pdf beside it", out.join("report.html").display());
        println!("{}", serde_json::to_string(&verified)?);
        anyhow::ensure!(verified.good, "something is not accounted for: see the report");
        Ok(())
    }
}

/// The report on paper. Here and not in the library: only the program links the typesetter.
pub(super) fn pdf(account: &verify::account::Account) -> Result<Vec<u8>, String> {
    let paper = wattle_papers::report(account).map_err(|e| e.to_string())?;
    paper.pdf().map_err(|e| e.to_string())
}
