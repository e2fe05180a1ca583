//! From a response to its body, or to the reason why there is none.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use wattle_protocol::{ApiFault, ErrorCode};

use super::{Error, Limits, Why};

/// The most of an error page that is read.
const FAULT_BYTES: usize = 64 << 10;

pub(super) async fn within<T, E: Into<Error>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Error::Unreachable(Why::TimedOut)),
    }
}

/// The response if its status is good, else the server's fault.
pub(super) async fn good(response: Response, limits: Limits) -> Result<Response, Error> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    if status.is_success() || status.is_redirection() {
        return Err(Error::Garbled { what: "a status that the server never sends" });
    }
    let told = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
    let body = within(limits.answer, body(response, FAULT_BYTES)).await.unwrap_or_default();
    if let Ok(mut fault) = serde_json::from_slice::<ApiFault>(&body) {
        fault.retry_after_s = fault.retry_after_s.or(told);
        return Err(fault.into());
    }
    // Not our server's words: a proxy before it. Some of its codes mean the same.
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLarge,
        StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Unavailable,
        _ => return Err(Error::Garbled { what: "an error page that is not the server's" }),
    };
    Err(Error::Refused { code, retry_after_s: told, correlation_id: String::new() })
}

/// The whole body, if it is no longer than `most` bytes.
pub(super) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if all.len() + chunk.len() > most {
            return Err(Error::Garbled { what: "the answer is too long" });
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}
