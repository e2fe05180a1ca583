//! From an order to an offer.

use std::path::Path;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use wattle_blob_store::Blobs;
use wattle_local_store::{DataKey, Identity, Store, SystemClock};
use wattle_protocol::image::{BuildOrder, ImageOffer};
use wattle_sync_engine::Transport;

use crate::error::Error;
use crate::{publish, pull, schema};

/// Pulls the feeds into a file of its own in the order's folder, closes it, and puts its pages into object storage. The offer's URLs are
/// empty: who hands it out signs them.
///
/// # Errors
/// See [`Error`]; chunks of a build that failed may be in object storage, and are the caller's to remove.
pub async fn build(order: &BuildOrder) -> Result<ImageOffer, Error> {
    let blobs = Blobs::open(&order.blobs)?;
    let transport = Transport::new(&order.server_url)?;
    // The file is as secret as any workstation's; its key goes with this process.
    let (path, key) = (Path::new(&order.dir).join("image.db"), DataKey::generate()?);
    let profile = order.feeds.iter().map(|feed| feed.as_str()).collect::<Vec<_>>().join("-");
    let identity = Identity { clinic: order.clinic, workstation: order.workstation, profile };
    let store = {
        let (path, key, epoch) = (path.clone(), key.clone(), order.epoch.clone());
        spawn_blocking(move || {
            let store = Store::open(&path, &key, identity, Arc::new(SystemClock))?;
            store.adopt_epoch(&epoch)?;
            Ok::<_, Error>(store)
        })
        .await??
    };
    let rows = pull::all(&transport, &order.access_token, &store).await?;
    let facts = {
        let store = store.clone();
        spawn_blocking(move || store.sync_facts()).await??
    };
    spawn_blocking(move || drop(store)).await?;
    let published = publish::publish(path, key, order, &blobs).await?;
    Ok(ImageOffer {
        id: order.image,
        schema: schema(),
        feeds: order.feeds.clone(),
        epoch: facts.epoch,
        cursors: facts.cursors,
        key: published.key.to_base64(),
        page_bytes: published.shape.page_bytes,
        pages: published.shape.pages,
        rows,
        chunks: published.chunks,
    })
}
