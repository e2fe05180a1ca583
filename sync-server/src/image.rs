//! Images of first syncs: when they are built, how they are offered, where their chunks are.
//!
//! Owns: URLs that end, the builder's process, the removal of what nobody wants any more.
//! Must never: build an image itself (that takes SQLCipher, which the builder has), hand out a chunk's key or URL to
//! somebody who may not hold all of the image's feeds, keep an image that a file could not go on from.
//! Called by: `handlers/{image,blob}`, `serve`; `document`, whose bytes rest in the same place.

mod build;
mod job;
mod urls;
mod work_dir;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use wattle_blob_store::Blobs;
use wattle_protocol::image::ImageOffer;

use crate::db::image::Image;
use crate::error::ApiError;
use crate::kms::ServerKey;

pub(crate) use job::{fits, run};
pub(crate) use urls::{Method, Signed};

/// How images are kept and made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder, `s3://bucket/prefix` or `gs://bucket/prefix`.
    pub blobs: String,
    /// Seals images' keys and signs URLs of the folder. The same on every node.
    pub key: ServerKey,
    /// The program `wattle-image-builder`; `None`: this node offers images and builds none.
    pub builder: Option<PathBuf>,
    /// A profile with fewer rows is streamed.
    pub fewest_rows: u64,
    /// A new image is built when more than one in so many of its rows has changed since.
    pub tail: u64,
    /// Bytes of pages in a chunk, before it is compressed.
    pub chunk_bytes: u32,
    /// How often it is looked whether one is wanted.
    pub look: Duration,
    /// How long a URL is good.
    pub url_life: Duration,
    /// How long a replaced image may still be fetched.
    pub keep_replaced: Duration,
    /// The longest time for one build.
    pub build_time: Duration,
    /// Blobs sent at once, where the server serves a folder.
    pub blobs_at_once: usize,
}

impl Settings {
    /// The usual ones for a place and a key.
    #[must_use]
    pub fn new(blobs: String, key: ServerKey) -> Self {
        Self {
            blobs,
            key,
            builder: None,
            fewest_rows: 20_000,
            tail: 5,
            chunk_bytes: 6 << 20,
            look: Duration::from_secs(60),
            url_life: Duration::from_secs(5 * 60),
            keep_replaced: Duration::from_secs(24 * 3600),
            build_time: Duration::from_secs(30 * 60),
            blobs_at_once: 64,
        }
    }
}

/// The images of a server.
pub(crate) struct Images {
    pub(crate) settings: Settings,
    pub(crate) blobs: Blobs,
    pub(crate) places: Arc<Semaphore>,
    /// Somebody asked for an image that is not there.
    wanted: Notify,
}

impl Images {
    pub(crate) fn open(settings: Settings) -> Result<Self, wattle_blob_store::Error> {
        let blobs = Blobs::open(&settings.blobs)?;
        let places = Arc::new(Semaphore::new(settings.blobs_at_once));
        Ok(Self { settings, blobs, places, wanted: Notify::new() })
    }

    /// Looks soon whether an image should be built.
    pub(crate) fn want(&self) {
        self.wanted.notify_one();
    }

    /// An image with its key and with URLs that are good for a while.
    pub(crate) async fn offer(
        &self,
        clinic: wattle_domain::ClinicId,
        image: Image,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<ImageOffer, ApiError> {
        let Image { mut offer, sealed_key, .. } = image;
        offer.key = self.settings.key.open(clinic, offer.id, &sealed_key)?;
        let folder = folder(clinic, offer.id);
        for (number, chunk) in offer.chunks.iter_mut().enumerate() {
            chunk.url = self.url(Method::Get, &format!("{folder}/{number:04}"), now).await?;
        }
        Ok(offer)
    }
}

/// Where an image's chunks are. The id is random: nobody guesses the name of another one's.
fn folder(clinic: wattle_domain::ClinicId, image: uuid::Uuid) -> String {
    format!("images/{clinic}/{image}")
}
