//! `serve`'s flags for images of first syncs.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use wattle_server::AppState;
use wattle_server::image::Settings;
use wattle_server::kms::ServerKey;

use super::kms::Keys;

#[derive(Args)]
pub(crate) struct Images {
    /// Where blobs are, if not in the data folder: a folder, s3://bucket/prefix (with AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT …) or gs://bucket/prefix (with GOOGLE_SERVICE_ACCOUNT …).
    #[arg(long, env = "WATTLE_BLOBS")]
    blobs: Option<String>,
    /// The program that builds images of first syncs, if not the wattle-image-builder beside this one.
    #[arg(long, env = "WATTLE_IMAGE_BUILDER_BIN")]
    image_builder: Option<PathBuf>,
    /// Profiles with fewer rows are streamed at the first sync.
    #[arg(long, env = "WATTLE_IMAGE_ROWS", default_value_t = 20_000)]
    image_rows: u64,
    /// KiB of pages in a chunk of an image, before it is compressed.
    #[arg(long, env = "WATTLE_IMAGE_CHUNK_KIB", default_value_t = 6 << 10, value_parser = clap::value_parser!(u32).range(64..=16 << 10))]
    image_chunk_kib: u32,
    /// How often it is looked whether an image is wanted, seconds.
    #[arg(long, env = "WATTLE_IMAGE_LOOK_S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    image_look_s: u64,
    /// How long a signed URL is good, seconds.
    #[arg(long, env = "WATTLE_BLOB_URL_S", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    blob_url_s: u64,
}

impl Images {
    /// Gives the server its images, if it was told of a place for them.
    pub(crate) fn give(self, app: AppState, keys: &Keys, key: Option<ServerKey>) -> anyhow::Result<AppState> {
        let app = match keys.ring(key.as_ref())? {
            Some(ring) => {
                tracing::info!(key = ring.key_name(), "keys in the database are wrapped");
                app.with_kms(ring)
            }
            None => {
                tracing::warn!(
                    "no server key and no KMS: identifiers and notes rest in the clear, and workstations' keys are not kept, so a colleague who is new at one must wait for somebody who has used it"
                );
                app
            }
        };
        let in_data = |name: &str| keys.data_dir.as_ref().map(|dir| dir.join(name));
        let blobs = match (&self.blobs, in_data("blobs")) {
            (Some(blobs), _) => blobs.clone(),
            (None, Some(folder)) => folder.to_str().context("the data folder's name is no text")?.to_owned(),
            (None, None) => {
                tracing::info!("no WATTLE_DATA_DIR and no WATTLE_BLOBS: first syncs are streamed as rows");
                return Ok(app);
            }
        };
        let key = key.context("WATTLE_BLOBS needs WATTLE_SERVER_KEY or WATTLE_SERVER_KEY_FILE")?;
        let builder = self.image_builder.clone().or_else(beside);
        if builder.is_none() {
            tracing::warn!("no wattle-image-builder beside this program: this node builds no images");
        }
        let settings = Settings {
            builder,
            fewest_rows: self.image_rows,
            chunk_bytes: self.image_chunk_kib << 10,
            look: Duration::from_secs(self.image_look_s),
            url_life: Duration::from_secs(self.blob_url_s),
            ..Settings::new(blobs, key)
        };
        app.with_images(settings).context("WATTLE_BLOBS cannot be used")
    }
}

fn beside() -> Option<PathBuf> {
    let name = format!("wattle-image-builder{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::current_exe().ok()?.parent()?.join(name);
    path.exists().then_some(path)
}
