//! The routes, each with its limits.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::state::AppState;
use crate::{handlers, limits};

/// The whole server as one service.
pub fn router(app: AppState) -> Router {
    let small = DefaultBodyLimit::max(app.config.body_bytes);
    let at_once = Router::new()
        .route("/v1/sign-in", post(handlers::sign_in::sign_in))
        .route("/v1/refresh", post(handlers::refresh::refresh))
        .route("/v1/session", post(handlers::session::session))
        .route("/v1/push", post(handlers::push::push).layer(DefaultBodyLimit::max(app.config.push_bytes)))
        .layer(from_fn_with_state(app.clone(), limits::bounded));
    let streams = Router::new()
        .route("/v1/pull", post(handlers::pull::pull).layer(DefaultBodyLimit::max(app.config.pull_bytes)))
        .route("/v1/live", get(handlers::live::live))
        // Speed before size: the database and the client's disk are what is scarce, and text shrinks all the same.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    at_once
        .merge(streams)
        .layer(from_fn(limits::protocol))
        .route("/healthz", get(handlers::health::alive))
        .route("/readyz", get(handlers::health::ready))
        .layer(small)
        .layer(from_fn(limits::frame))
        .with_state(app)
}
