//! The pages of a closed file, sealed and put into object storage as they come.

use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use wattle_blob_store::Blobs;
use wattle_local_store::DataKey;
use wattle_local_store::pages;
use wattle_page_image::{ImageKey, Sealed, Sealer, Shape};
use wattle_protocol::image::{BuildOrder, ChunkOffer};

use crate::error::Error;

/// Chunks between the sealer and object storage; then reading waits.
const CHUNKS: usize = 2;

/// What was put there.
pub(crate) struct Published {
    pub(crate) shape: Shape,
    pub(crate) key: ImageKey,
    pub(crate) chunks: Vec<ChunkOffer>,
}

pub(crate) async fn publish(
    path: PathBuf,
    key: DataKey,
    order: &BuildOrder,
    blobs: &Blobs,
) -> Result<Published, Error> {
    let (image, chunk_bytes) = (order.image, order.chunk_bytes);
    let (sealed, mut ready) = mpsc::channel::<Sealed>(CHUNKS);
    let sealing = spawn_blocking(move || {
        let export = pages::export(&path, &key)?;
        let shape = Shape::new(image, export.pages());
        let mut sealer = Sealer::with_chunk_bytes(shape, chunk_bytes)?;
        let hand_on = |chunk: Option<Sealed>| match chunk {
            // Nobody takes it: object storage said no, and says why itself.
            Some(chunk) => sealed.blocking_send(chunk).map_err(|_| Error::Broken),
            None => Ok(()),
        };
        export.each(|_, page| hand_on(sealer.page(page)?))?;
        hand_on(sealer.finish()?)?;
        Ok::<_, Error>((shape, sealer.key().clone()))
    });
    // Moved into it: when object storage says no, the sealing thread finds nobody who takes its chunks, and ends.
    let putting = async move {
        let mut chunks = Vec::new();
        while let Some(chunk) = ready.recv().await {
            let bytes = u64::try_from(chunk.bytes.len()).unwrap_or(u64::MAX);
            blobs.put(&format!("{}/{:04}", order.folder, chunk.number), chunk.bytes).await?;
            chunks.push(ChunkOffer {
                first_page: chunk.first_page,
                pages: chunk.pages,
                bytes,
                sha256: chunk.sha256,
                url: String::new(),
            });
        }
        Ok::<_, Error>(chunks)
    };
    let (sealed, put) = tokio::join!(sealing, putting);
    let chunks = put?;
    let (shape, key) = sealed??;
    Ok(Published { shape, key, chunks })
}
