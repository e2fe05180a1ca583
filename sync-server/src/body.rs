//! Bodies: strictly JSON of the shape that the route takes, within its limit.

use std::io::Read as _;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wattle_protocol::ErrorCode;

use crate::error::ApiError;
use crate::state::AppState;

/// The route takes bodies with `Content-Encoding: zstd`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MayBePacked {
    /// Biggest size when unpacked.
    pub bytes: usize,
}

/// Biggest window of a packed body, as a power of two: the memory that unpacking takes, whatever the body claims.
const WINDOW_LOG: u32 = 23;

/// Whether the body is packed, where that is allowed.
fn packed(request: &Request) -> Result<Option<MayBePacked>, ApiError> {
    match (request.headers().get(header::CONTENT_ENCODING), request.extensions().get::<MayBePacked>()) {
        (None, _) => Ok(None),
        (Some(encoding), Some(bound)) if encoding == "zstd" => Ok(Some(*bound)),
        (Some(_), _) => {
            Err(ApiError::because(ErrorCode::Malformed, "a content-encoding that is not taken here"))
        }
    }
}

/// Unpacks zstd, and stops at the bound: no more is ever held than the bound and a window.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, ApiError> {
    let malformed = |_| ApiError::because(ErrorCode::Malformed, "the body is not zstd with a window we take");
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(malformed)?;
    decoder.window_log_max(WINDOW_LOG).map_err(malformed)?;
    let mut bytes = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(bound).read_to_end(&mut bytes).map_err(malformed)?;
    if bytes.len() > most {
        return Err(ApiError::because(ErrorCode::TooLarge, "the body is too big when unpacked"));
    }
    Ok(bytes)
}

/// The whole body, within the route's limit, if it comes in time.
pub(crate) async fn read(request: Request, time: Duration) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(time, Bytes::from_request(request, &())).await {
        Err(_) => Err(ApiError::after(ErrorCode::Unavailable, 1, "the body came too slowly")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) => {
            let code = match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
                _ => ErrorCode::Malformed,
            };
            Err(ApiError::because(code, "body could not be read"))
        }
    }
}

/// A JSON body, in or out.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        let packed = packed(&request)?;
        let mut bytes = read(request, app.config.request_time).await?;
        if let Some(MayBePacked { bytes: most }) = packed {
            bytes = unpack(&bytes, most)?.into();
        }
        // serde's message may quote what was sent; where it stopped is enough.
        serde_json::from_slice(&bytes).map(Json).map_err(|error| {
            ApiError::because(ErrorCode::Malformed, format!("body at {}:{}", error.line(), error.column()))
        })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(_) => ApiError::because(ErrorCode::Internal, "answer could not be written").into_response(),
        }
    }
}
