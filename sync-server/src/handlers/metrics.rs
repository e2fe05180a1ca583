//! `GET /metrics`, at a listener of its own: the figures as Prometheus reads them.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

pub(crate) async fn metrics(State(app): State<AppState>) -> Response {
    app.metrics.look(&app.pool).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.text()).into_response()
}
