//! Bodies: strictly JSON of the shape that the route takes, within its limit.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wattle_protocol::ErrorCode;

use crate::error::ApiError;

/// A JSON body, in or out.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let code = match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
                _ => ErrorCode::Malformed,
            };
            ApiError::because(code, "body could not be read")
        })?;
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
