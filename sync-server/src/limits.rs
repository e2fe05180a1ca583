//! Around every request: a correlation id, the protocol's version, places, time, and one line in the log.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wattle_domain::{ClinicId, UserId, WorkstationId};
use wattle_protocol::{ApiFault, ErrorCode, OLDEST_PROTOCOL, PROTOCOL, PROTOCOL_HEADER};

use crate::admission::{Share, Shares, spread};
use crate::auth::Session;
use crate::error::ApiError;
use crate::state::AppState;
use crate::{body, peer};

/// The header that carries the correlation id.
const CORRELATION_HEADER: &str = "x-correlation-id";

/// What an answer says beside its content: it is nobody's to keep, to guess at, to frame or to load anything for.
const FOR_EVERY_ANSWER: [(header::HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    // Over plain HTTP, which is for one computer only, it says nothing.
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Who asked, told by [`crate::auth`] to the line in the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<OnceLock<(ClinicId, UserId, WorkstationId)>>);

impl Seen {
    pub fn note(&self, clinic: ClinicId, user: UserId, workstation: WorkstationId) {
        let _ = self.0.set((clinic, user, workstation));
    }
}

/// The outermost layer: writes the body of every refusal, and the log.
pub(crate) async fn frame(mut request: Request, next: Next) -> Response {
    let correlation_id = uuid::Uuid::new_v4().simple().to_string();
    let started = Instant::now();
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let method = request.method().clone();
    // The route's pattern: a path could hold an id, and logs are for routes.
    let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let mut response = next.run(request).await;

    let error = match response.extensions_mut().remove::<ApiError>() {
        Some(error) => Some(error),
        // What axum refuses by itself: no such route, wrong method.
        None if response.status().is_client_error() || response.status().is_server_error() => {
            Some(ApiError::because(
                if response.status().is_server_error() { ErrorCode::Internal } else { code_of(&response) },
                "refused by the router",
            ))
        }
        None => None,
    };
    if let Some(error) = &error {
        response = refusal(error, &correlation_id);
    }
    for (name, value) in FOR_EVERY_ANSWER {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&correlation_id) {
        response.headers_mut().insert(CORRELATION_HEADER, value);
    }
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let who = seen.0.get();
    let (clinic, user, workstation) = (
        who.map(|w| w.0.to_string()).unwrap_or_default(),
        who.map(|w| w.1.to_string()).unwrap_or_default(),
        who.map(|w| w.2.to_string()).unwrap_or_default(),
    );
    let status = response.status().as_u16();
    let route = route.unwrap_or_else(|| "-".to_owned());
    let cause = error.as_ref().and_then(|e| e.cause.clone()).unwrap_or_default();
    if status >= 500 {
        tracing::error!(%method, route, status, elapsed_ms, correlation_id, clinic, user, workstation, cause, "request");
    } else if status >= 400 {
        tracing::warn!(%method, route, status, elapsed_ms, correlation_id, clinic, user, workstation, cause, "request");
    } else {
        tracing::info!(%method, route, status, elapsed_ms, correlation_id, clinic, user, workstation, "request");
    }
    response
}

fn code_of(response: &Response) -> ErrorCode {
    match response.status().as_u16() {
        404 => ErrorCode::NotFound,
        413 => ErrorCode::TooLarge,
        _ => ErrorCode::Malformed,
    }
}

fn refusal(error: &ApiError, correlation_id: &str) -> Response {
    let fault = ApiFault {
        code: error.code,
        correlation_id: correlation_id.to_owned(),
        retry_after_s: error.retry_after_s,
    };
    let body = serde_json::to_vec(&fault).unwrap_or_default();
    let mut response = error.clone().into_response();
    *response.body_mut() = body.into();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Checks the version of the protocol on every `/v1` route.
pub(crate) async fn protocol(request: Request, next: Next) -> Response {
    let version = request.headers().get(PROTOCOL_HEADER).and_then(|v| v.to_str().ok()).map(str::parse::<u32>);
    match version {
        Some(Ok(OLDEST_PROTOCOL..=PROTOCOL)) => next.run(request).await,
        Some(Ok(_)) => ApiError::new(ErrorCode::UpgradeRequired).into_response(),
        Some(Err(_)) | None => ApiError::because(ErrorCode::Malformed, "no protocol version").into_response(),
    }
}

/// A place and a time for a request of nobody yet. Its body is small and is read first: whoever sends it slowly, or never
/// to its end, holds nothing that anybody waits for.
pub(crate) async fn bounded(
    State(app): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let body = match body::read(whole, app.config.stranger_time).await {
        Ok(bytes) => Body::from(bytes),
        Err(error) => return error.into_response(),
    };
    let from = peer::address(from.ip(), &parts.headers, &app.config.trusted_proxies);
    let _place = match app.limits.strangers.enter(from).await {
        Ok(place) => place,
        Err(error) => return error.into_response(),
    };
    in_time(&app, next.run(Request::from_parts(parts, body))).await
}

/// A place and a time for a request of a clinic. Whose it is is looked up first, so that clinics take turns, and the body
/// is read last, so that who waits holds nothing.
pub(crate) async fn admitted(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let session = match Session::from_request_parts(&mut parts, &app).await {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let _place = match app.limits.requests.enter(session.clinic).await {
        Ok(place) => place,
        Err(error) => return error.into_response(),
    };
    parts.extensions.insert(session);
    in_time(&app, next.run(Request::from_parts(parts, body))).await
}

async fn in_time(app: &AppState, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(app.config.request_time, answer).await {
        Ok(response) => response,
        Err(_) => no_place("took too long").into_response(),
    }
}

/// Counts the requests that were refused for want of a place.
pub(crate) async fn counted(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let error = response.extensions().get::<ApiError>();
    if error.is_some_and(|e| e.code == ErrorCode::Unavailable && e.retry_after_s.is_some()) {
        app.metrics.refused();
    }
    response
}

/// A place now, or a refusal that says when to come again.
pub(crate) fn place_now(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    places.clone().try_acquire_owned().map_err(|_| no_place("no place"))
}

/// A share of a clinic that may not have all of something, or a refusal at once.
pub(crate) fn share_now(
    shares: &Arc<Shares<ClinicId>>,
    clinic: ClinicId,
) -> Result<Share<ClinicId>, ApiError> {
    shares.take(clinic).ok_or_else(|| no_place("all of a clinic's share"))
}

/// A refusal for want of a place; each is told another time to come again.
fn no_place(cause: &'static str) -> ApiError {
    static REFUSED: AtomicU32 = AtomicU32::new(0);
    ApiError::after(ErrorCode::Unavailable, spread(REFUSED.fetch_add(1, Ordering::Relaxed), 0), cause)
}
