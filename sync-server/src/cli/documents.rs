//! `wattle-server documents`: the store of documents against the table.

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::Value;
use wattle_blob_store::Blobs;
use wattle_domain::ClinicId;
use wattle_domain::time::Clock as _;
use wattle_server::clock::SystemClock;
use wattle_server::document::{self, Place};

use super::secrets::owner_pool;
use super::{kms, output};

#[derive(Subcommand)]
pub(super) enum Documents {
    /// Reads every document of a clinic out of the store and compares it with its row; names what is missing or altered.
    /// Notes what belongs to no document, and removes it 30 days after it was first noted. To be run every night.
    Audit {
        #[command(flatten)]
        keys: kms::Keys,
        /// Where blobs are, as `serve` has it.
        #[arg(long, env = "WATTLE_BLOBS")]
        blobs: Option<String>,
        /// The clinic.
        #[arg(long)]
        clinic: ClinicId,
    },
}

impl Documents {
    pub(super) async fn run(self) -> anyhow::Result<Value> {
        let Self::Audit { keys, blobs, clinic } = self;
        let place = place(&keys, blobs)?;
        let now = SystemClock.now().to_chrono().unwrap_or_default();
        let found = document::audit(&owner_pool().await?, &place, clinic, now).await?;
        if !found.missing.is_empty() || !found.altered.is_empty() {
            output::say(&serde_json::to_value(&found)?);
            anyhow::bail!(
                "the store has lost documents: their records say so; restore the bucket, then run this again"
            );
        }
        Ok(serde_json::to_value(&found)?)
    }
}

/// Where documents' bytes are, and what opens their keys.
pub(super) fn place(keys: &kms::Keys, blobs: Option<String>) -> anyhow::Result<Place> {
    let kms = keys.ring(keys.server_key(false)?.as_ref())?;
    let folder = keys.data_dir.as_ref().map(|dir| dir.join("blobs"));
    let folder = folder.as_deref().and_then(std::path::Path::to_str).map(str::to_owned);
    let place =
        blobs.or(folder).context("no place: give --blobs or --data-dir, as the serving process has")?;
    Ok(Place { blobs: Blobs::open(&place).context("--blobs cannot be used")?, kms })
}
