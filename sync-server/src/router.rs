//! The routes, each with its limits.

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::body::MayBePacked;
use crate::state::AppState;
use crate::{handlers, limits};

/// The whole server as one service.
pub fn router(app: AppState) -> Router {
    let small = DefaultBodyLimit::max(app.config.body_bytes);
    let at_once = Router::new()
        .route("/v1/sign-in", post(handlers::sign_in::sign_in))
        .route("/v1/openid", post(handlers::openid::begin))
        .route("/v1/refresh", post(handlers::refresh::refresh))
        .layer(from_fn_with_state(app.clone(), limits::bounded))
        .layer(DefaultBodyLimit::max(app.config.stranger_bytes));
    let admitted = from_fn_with_state(app.clone(), limits::admitted);
    let of_clinics = Router::new()
        .route("/v1/session", post(handlers::session::session).route_layer(admitted.clone()))
        .route(
            "/v1/admin",
            get(handlers::admin::overview).post(handlers::admin::act).route_layer(admitted.clone()),
        )
        .route("/v1/second-factor", post(handlers::second_factor::step).route_layer(admitted.clone()))
        .route("/v1/password", post(handlers::password::change).route_layer(admitted.clone()))
        .route("/v1/refused", post(handlers::refused::note).route_layer(admitted.clone()))
        .route("/v1/escrow", post(handlers::escrow::escrow).route_layer(admitted.clone()))
        .route(
            "/v1/wipe",
            post(handlers::wipe::wipe).layer(packed(app.config.push_bytes)).route_layer(admitted.clone()),
        )
        .route("/v1/document", post(handlers::document::document).route_layer(admitted.clone()))
        .route("/v1/image", post(handlers::image::image).route_layer(admitted.clone()))
        .route(
            "/v1/push",
            post(handlers::push::push).layer(packed(app.config.push_bytes)).route_layer(admitted),
        );
    let streams = Router::new()
        .route("/v1/pull", post(handlers::pull::pull).layer(packed(app.config.pull_bytes)))
        // Speed before size: the database and the client's disk are what is scarce, and text shrinks all the same.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
    at_once
        .merge(of_clinics)
        .merge(streams)
        .route("/v1/live", get(handlers::live::live))
        .layer(from_fn(limits::protocol))
        // Its URL is signed, and says nothing of versions.
        .route(
            "/v1/blob/{*name}",
            get(handlers::blob::blob)
                .put(handlers::blob::put_blob)
                .layer(DefaultBodyLimit::max(crate::document::LARGEST_PART_BYTES)),
        )
        .route("/healthz", get(handlers::health::alive))
        .route("/readyz", get(handlers::health::ready))
        .layer(small)
        .layer(from_fn_with_state(app.clone(), limits::counted))
        .layer(from_fn(limits::frame))
        .with_state(app)
}

/// The figures, for a listener of their own.
pub fn metrics_router(app: AppState) -> Router {
    Router::new().route("/metrics", get(handlers::metrics::metrics)).with_state(app)
}

/// A body that may come as zstd, and its biggest size when unpacked.
fn packed(bytes: usize) -> (DefaultBodyLimit, Extension<MayBePacked>) {
    (DefaultBodyLimit::max(bytes), Extension(MayBePacked { bytes }))
}
