//! Looks now and then whether an image should be built, builds one at a time, removes what was replaced long ago.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Postgres};
use wattle_domain::{ClinicId, FeedClass};

use super::build::{self, Wanted};
use super::{Images, folder};
use crate::db::{Identity, feed, image};
use crate::error::ApiError;
use crate::state::AppState;

/// Works until the server stops.
pub(crate) async fn run(app: AppState, images: Arc<Images>) {
    let mut stopping = app.stopping.clone();
    let stop = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    tokio::pin!(stop);
    super::work_dir::sweep();
    let mut schema = None;
    loop {
        let look = async {
            if let Err(error) = look(&app, &images, &mut schema).await {
                tracing::warn!(cause = error.cause.unwrap_or_default(), "no image could be looked after");
            }
        };
        tokio::select! {
            () = look => {}
            () = &mut stop => return,
        }
        tokio::select! {
            () = tokio::time::sleep(images.settings.look) => {}
            () = images.wanted.notified() => {}
            () = &mut stop => return,
        }
    }
}

async fn look(app: &AppState, images: &Images, schema: &mut Option<u32>) -> Result<(), ApiError> {
    let Some(program) = images.settings.builder.as_deref() else { return Ok(()) };
    let schema = match *schema {
        Some(known) => known,
        None => *schema.insert(build::schema(program).await?),
    };
    for clinic in image::clinics(&app.pool).await? {
        let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
        let profiles = image::profiles(&mut tx, clinic).await?;
        tx.commit().await?;
        for feeds in profiles {
            // One clinic's trouble must not leave the others without.
            if let Err(error) = look_at(app, images, clinic, feeds, schema).await {
                tracing::warn!(%clinic, cause = error.cause.unwrap_or_default(), "no image was built");
            }
        }
    }
    Ok(())
}

async fn look_at(
    app: &AppState,
    images: &Images,
    clinic: ClinicId,
    feeds: Vec<FeedClass>,
    schema: u32,
) -> Result<(), ApiError> {
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    let (user, workstation) = image::account(&mut tx, &feeds).await?;
    tx.commit().await?;
    let wanted = Wanted { clinic, feeds, user, workstation };
    remove_replaced(app, images, &wanted).await?;
    if !is_due(app, images, &wanted, schema).await? {
        return Ok(());
    }
    let Some(lock) = Lock::take(app, &wanted).await? else { return Ok(()) };
    // Another node may have been quicker.
    if is_due(app, images, &wanted, schema).await? {
        let built = build::build(app, images, &wanted).await;
        if let Ok(offer) = &built {
            app.metrics.image(clinic, &wanted.profile(), app.now().timestamp());
            let (rows, chunks, profile) = (offer.rows, offer.chunks.len(), wanted.profile());
            tracing::info!(%clinic, profile, image = %offer.id, rows, chunks, "built an image");
        }
        lock.release().await;
        built?;
    } else {
        lock.release().await;
    }
    Ok(())
}

/// Whether there is no image that a file could go on from, or one with a long tail of changes.
async fn is_due(app: &AppState, images: &Images, wanted: &Wanted, schema: u32) -> Result<bool, ApiError> {
    let mut tx = wanted.identity().begin(&app.pool).await?;
    let present = image::present(&mut tx, wanted.clinic, &wanted.feeds, schema).await?;
    let due = match present {
        None => {
            let enough = i64::try_from(images.settings.fewest_rows).unwrap_or(i64::MAX);
            image::has_rows(&mut tx, wanted.clinic, &wanted.feeds, enough).await?
        }
        Some(found) if !fits(&mut tx, wanted.clinic, &found.offer).await? => true,
        Some(found) => {
            // Known again after a restart, on every node.
            app.metrics.image(wanted.clinic, &wanted.profile(), found.created_at.timestamp());
            let mut tail = 0;
            for (&class, &cursor) in &found.offer.cursors {
                tail += feed::changes(&mut tx, wanted.clinic, class, cursor).await?;
            }
            let most = found.offer.rows / images.settings.tail.max(1);
            u64::try_from(tail).unwrap_or(0) > most
        }
    };
    tx.commit().await?;
    Ok(due)
}

/// Whether a file made of an image could go on from where it ends: same epoch, nothing compacted away.
pub(crate) async fn fits(
    connection: &mut sqlx::PgConnection,
    clinic: ClinicId,
    offer: &wattle_protocol::image::ImageOffer,
) -> Result<bool, sqlx::Error> {
    let look = feed::look(connection, clinic).await?;
    if look.epoch != offer.epoch {
        return Ok(false);
    }
    let heads = look.feeds;
    Ok(offer.cursors.iter().all(|(class, cursor)| {
        heads.iter().any(|head| head.feed == *class && head.horizon <= *cursor && *cursor <= head.head)
    }))
}

async fn remove_replaced(app: &AppState, images: &Images, wanted: &Wanted) -> Result<(), ApiError> {
    let before = app.now() - images.settings.keep_replaced;
    let mut tx = wanted.identity().begin(&app.pool).await?;
    let old = image::replaced_before(&mut tx, wanted.clinic, before).await?;
    tx.commit().await?;
    for id in old {
        // Chunks first: a row without chunks is found again, chunks without a row are not.
        if images.blobs.remove_folder(&folder(wanted.clinic, id)).await.is_err() {
            tracing::warn!(clinic = %wanted.clinic, image = %id, "an old image could not be removed");
            continue;
        }
        let mut tx = wanted.identity().begin(&app.pool).await?;
        image::forget(&mut tx, wanted.clinic, id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// One build of an image at a time over all nodes.
struct Lock(PoolConnection<Postgres>);

impl Lock {
    async fn take(app: &AppState, wanted: &Wanted) -> Result<Option<Self>, ApiError> {
        let mut connection = app.pool.acquire().await?;
        let taken = image::lock(&mut connection, wanted.clinic, &wanted.feeds).await?;
        Ok(taken.then_some(Self(connection)))
    }

    /// Lets go of it, with the connection: whatever happens there, the lock does not outlive it.
    async fn release(self) {
        let _ = self.0.detach().close().await;
    }
}
