//! The one place that turns what went wrong into a status and a code.

use axum::response::{IntoResponse, Response};
use wattle_protocol::ErrorCode;

use crate::db::error::{Kind, describe, kind};

/// Why a request is refused. Carries a cause for the log, which never quotes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What the client is told.
    pub code: ErrorCode,
    /// Seconds after which to try again.
    pub retry_after_s: Option<u32>,
    /// For the log.
    pub cause: Option<String>,
}

impl ApiError {
    /// A code without more to say.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, retry_after_s: None, cause: None }
    }

    /// The same with a cause for the log: a fixed text, or the name of a thing; never a value.
    #[must_use]
    pub fn because(code: ErrorCode, cause: impl Into<String>) -> Self {
        Self { code, retry_after_s: None, cause: Some(cause.into()) }
    }

    /// A code with a time after which to try again.
    #[must_use]
    pub fn after(code: ErrorCode, retry_after_s: u32, cause: impl Into<String>) -> Self {
        Self { code, retry_after_s: Some(retry_after_s), cause: Some(cause.into()) }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        let cause = describe(&error);
        match kind(&error) {
            Kind::Again | Kind::Unavailable => Self::after(ErrorCode::Unavailable, 1, cause),
            Kind::Refused { .. } | Kind::Fault(_) => Self::because(ErrorCode::Internal, cause),
        }
    }
}

/// The status now; the body and its correlation id are written by [`crate::limits::frame`].
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = axum::http::StatusCode::from_u16(self.code.status())
            .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
