//! `GET` and `PUT /v1/blob/…`: a blob of the server's folder, for whoever has a signed URL. Where the store signs itself,
//! nobody comes here.

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use wattle_blob_store::Error;
use wattle_protocol::ErrorCode;

use crate::body;
use crate::error::ApiError;
use crate::image::{Images, Method, Signed};
use crate::state::AppState;

/// Pieces on their way to the socket; past these, the store waits for the reader.
const PIECES_AHEAD: usize = 2;

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
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let (mut bytes, time) = (read.bytes, app.config.blob_time);
    tokio::spawn(async move {
        // The place is free again when the last byte is out, nobody takes it any more, or its time is over. A stream
        // that ends before its length is cut, and whoever reads it sees that.
        let _place = place;
        let sending = async {
            while let Some(piece) = bytes.next().await {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(time, sending).await.is_err() {
            tracing::warn!("a blob was read too slowly");
        }
    });
    let bytes = futures::stream::poll_fn(move |context| pieces.poll_recv(context));
    Ok((status, headers, Body::from_stream(bytes)).into_response())
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
