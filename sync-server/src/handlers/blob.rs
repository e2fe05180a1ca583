//! `GET` and `PUT /v1/blob/…`: a blob of the server's folder, for whoever has a signed URL. Where the store signs itself,
//! nobody comes here.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use wattle_blob_store::Error;
use wattle_protocol::ErrorCode;

use crate::body;
use crate::error::ApiError;
use crate::image::{Images, Method, Signed};
use crate::state::AppState;

/// Pieces (64 KiB) on their way to the socket; past these, the store waits for the reader.
const PIECES_AHEAD: usize = 1;

/// Sends it, from a byte on if asked.
pub(crate) async fn blob(
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(url): Query<Signed>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (images, place) = enter(&app, Method::Get, &name, &url)?;
    let from = from(&headers)?;
    let read = images.blobs.read(&name, from.unwrap_or(0)).await.map_err(|error| match error {
        Error::NotFound | Error::BadName => ApiError::because(ErrorCode::NotFound, "no such blob"),
        Error::BadRange => ApiError::because(ErrorCode::Malformed, "range of a blob"),
        Error::BadPlace(_) | Error::Taken | Error::Unreachable | Error::Store(_) | Error::Io(_) => {
            ApiError::because(ErrorCode::Internal, "a blob could not be read")
        }
    })?;
    let begin = from.unwrap_or(0);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, (read.size - begin).into());
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, header::HeaderValue::from_static("attachment"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    let mut status = StatusCode::OK;
    if from.is_some() {
        status = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {begin}-{}/{}", read.size.saturating_sub(1), read.size);
        if let Ok(range) = header::HeaderValue::from_str(&range) {
            headers.insert(header::CONTENT_RANGE, range);
        }
    }
    Ok((status, headers, outgoing(read.bytes, place, app.config.blob_time)).into_response())
}

/// A body that holds its place until its last byte is taken, nobody takes it any more, or its time is over. A stream that
/// ends before its length is cut, and whoever reads it sees that.
///
/// The time runs beside the body and not in it: nobody asks the body of a reader whose window is closed for anything.
fn outgoing(
    mut bytes: BoxStream<'static, Result<Bytes, Error>>,
    place: OwnedSemaphorePermit,
    time: Duration,
) -> Body {
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let (taken, all_taken) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let _place = place;
        let sending = async move {
            while let Some(piece) = bytes.next().await {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
            drop(sender);
            // Says nothing, and is dropped with the body.
            let _ = all_taken.await;
        };
        if tokio::time::timeout(time, sending).await.is_err() {
            tracing::warn!("a blob was read too slowly");
        }
    });
    Body::from_stream(futures::stream::poll_fn(move |context| {
        // Held by the body, and dropped with it.
        let _ = &taken;
        pieces.poll_recv(context)
    }))
}

/// Takes it whole, of just the length that the URL names and under a name that is free: whoever signed the URL has said
/// what may come, and what is there stays, whoever still holds a URL. The body is not looked at before the signature.
pub(crate) async fn put_blob(
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(url): Query<Signed>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let bytes =
        url.bytes.ok_or_else(|| ApiError::because(ErrorCode::NotAllowed, "a blob's URL of no length"))?;
    let (images, _place) = enter(&app, Method::Put { bytes }, &name, &url)?;
    let body = body::read(request, app.config.blob_time).await?;
    match u64::try_from(body.len()).unwrap_or(u64::MAX) {
        length if length < bytes => {
            return Err(ApiError::because(ErrorCode::Malformed, "a blob that is too short"));
        }
        length if length > bytes => {
            return Err(ApiError::because(ErrorCode::TooLarge, "a blob that is too long"));
        }
        _ => {}
    }
    images.blobs.put_new(&name, body.into()).await.map_err(|error| match error {
        Error::BadName => ApiError::because(ErrorCode::NotFound, "no such blob"),
        Error::Taken => ApiError::because(ErrorCode::NotAllowed, "a blob that is there already"),
        _ => ApiError::after(ErrorCode::Unavailable, 5, "a blob could not be kept"),
    })?;
    Ok(StatusCode::OK)
}

/// The folder, and a place to work in, for whoever has a good URL.
fn enter<'a>(
    app: &'a AppState,
    method: Method,
    name: &str,
    url: &Signed,
) -> Result<(&'a Images, OwnedSemaphorePermit), ApiError> {
    let images = app.images.as_deref().filter(|images| !images.blobs.signs());
    let images = images.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no folder of blobs"))?;
    images.admit(method, name, url, app.now())?;
    let place = images.places.clone().try_acquire_owned();
    Ok((images, place.map_err(|_| ApiError::after(ErrorCode::Unavailable, 2, "blobs at once"))?))
}

/// `Range: bytes=N-`, the only kind that somebody who goes on needs; any other is answered with the whole.
fn from(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::RANGE) else { return Ok(None) };
    let wrong = || ApiError::because(ErrorCode::Malformed, "range of a blob");
    let text = value.to_str().map_err(|_| wrong())?;
    match text.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')) {
        Some(number) => number.parse().map(Some).map_err(|_| wrong()),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::stream;
    use tokio::sync::Semaphore;

    use super::*;

    /// Three pieces: more than the queue holds, and fewer than a document has.
    fn body(places: &Arc<Semaphore>, time: Duration) -> Body {
        let pieces = stream::iter((0..3).map(|n| Ok(Bytes::from(vec![n; 10])))).boxed();
        outgoing(pieces, Arc::clone(places).try_acquire_owned().unwrap(), time)
    }

    async fn freed(places: &Semaphore) {
        tokio::time::timeout(Duration::from_secs(20), places.acquire()).await.unwrap().unwrap().forget();
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_place_is_held_until_the_last_piece_is_taken() {
        let places = Arc::new(Semaphore::new(1));
        let mut pieces = body(&places, LONG).into_data_stream();
        for n in 0..3 {
            assert_eq!(pieces.next().await.unwrap().unwrap(), vec![n; 10]);
            tokio::task::yield_now().await;
            assert_eq!(places.available_permits(), 0, "piece {n}");
        }
        assert!(pieces.next().await.is_none());
        drop(pieces);
        freed(&places).await;
    }

    #[tokio::test]
    async fn a_reader_that_goes_away_frees_it() {
        let places = Arc::new(Semaphore::new(1));
        let mut pieces = body(&places, LONG).into_data_stream();
        assert!(pieces.next().await.unwrap().is_ok());
        drop(pieces);
        freed(&places).await;
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_has_it_for_a_while_only() {
        let places = Arc::new(Semaphore::new(1));
        let pieces = body(&places, Duration::from_millis(50));
        freed(&places).await;
        let got: Vec<_> = pieces.into_data_stream().collect().await;
        assert!(got.len() < 3, "it is cut: {}", got.len());
    }
}
