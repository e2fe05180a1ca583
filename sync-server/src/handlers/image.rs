//! `POST /v1/image`.

use axum::extract::State;
use wattle_protocol::ErrorCode;
use wattle_protocol::image::{ImageAsk, ImageOffer};

use crate::auth::Session;
use crate::body::Json;
use crate::db::{feed, image};
use crate::error::ApiError;
use crate::image::fits;
use crate::state::AppState;

/// Offers the image that fits: of just these feeds and this schema, of the present epoch.
pub(crate) async fn image(
    State(app): State<AppState>,
    session: Session,
    Json(asked): Json<ImageAsk>,
) -> Result<Json<ImageOffer>, ApiError> {
    session.may_sync()?;
    let none = |cause: &str| ApiError::because(ErrorCode::NotFound, cause);
    let Some(images) = &app.images else { return Err(none("no images are kept")) };
    let mut tx = session.identity().begin(&app.pool).await?;
    let granted = feed::granted(&mut tx).await?;
    if asked.feeds.is_empty() || !asked.feeds.iter().all(|class| granted.contains(class)) {
        return Err(ApiError::because(ErrorCode::NotAllowed, "image of feeds that are not granted"));
    }
    // Row-level security says the same again: an image of other feeds is not even seen.
    let begun = match asked.resume {
        Some(id) => image::by_id(&mut tx, session.clinic, id).await?,
        None => None,
    };
    let begun = begun.filter(|found| found.offer.feeds == asked.feeds && found.offer.schema == asked.schema);
    let newest = image::present(&mut tx, session.clinic, &asked.feeds, asked.schema).await?;
    let mut fitting = None;
    for found in begun.into_iter().chain(newest) {
        if fits(&mut tx, session.clinic, &found.offer).await? {
            fitting = Some(found);
            break;
        }
    }
    tx.commit().await?;
    match fitting {
        Some(found) => Ok(Json(images.offer(session.clinic, found, app.now()).await?)),
        None => {
            images.want();
            Err(none("no image fits"))
        }
    }
}
