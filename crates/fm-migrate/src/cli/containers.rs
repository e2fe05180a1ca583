//! `fm-migrate containers`.

use anyhow::Context as _;
use clap::Args;
use wattle_fm_migrate::containers;

use super::{extract, import, progress};

#[derive(Debug, Args)]
pub(super) struct Containers {
    #[command(flatten)]
    from: extract::Extract,
    /// Where blobs are, as `wattle-server serve` has it: a folder, s3://bucket/prefix or gs://bucket/prefix.
    #[arg(long, env = "WATTLE_BLOBS")]
    blobs: String,
}

impl Containers {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let account = self.from.account();
        let import::Import { mapping, database_url, clinic, route, .. } = self.from.to;
        let request =
            containers::Request { mapping, database_url, clinic, route, account, blobs: self.blobs };
        let done =
            containers::copy(&request, &progress).await.context("the copy stopped; run it again to go on")?;
        let refused: u64 = done.rejected.values().sum();
        #[allow(clippy::cast_precision_loss, reason = "megabytes for people")]
        let megabytes = done.bytes as f64 / 1e6;
        eprintln!(
            "{} records, of which {} hold no file. Of {} files {} were stored now ({:.1} MB), {} were there already, {} are the same as \
             another of the patient, {} did not come",
            done.records,
            done.empty,
            done.stored + done.known + done.same + refused,
            done.stored,
            megabytes,
            done.known,
            done.same,
            refused
        );
        for (code, count) in &done.rejected {
            eprintln!("  {count} {}", code.as_str());
        }
        if done.lost > 0 {
            eprintln!(
                "  {} files that were stored before are not in this object storage: they were fetched again. Is it the server's? \
                 (wattle-server serve --data-dir DIR keeps its own in DIR/blobs)",
                done.lost
            );
        }
        if done.unclaimed > 0 {
            eprintln!("  {} folders are of keys that no record has", done.unclaimed);
        }
        if done.passed_over > 0 {
            eprintln!(
                "  {} files were passed over: name each REPETITION__NAME, one for each repetition",
                done.passed_over
            );
        }
        println!("{}", serde_json::to_string(&done)?);
        Ok(())
    }
}
