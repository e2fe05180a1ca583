//! `POST /v1/pull`: rows after the cursors, streamed out of one snapshot.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use wattle_protocol::pull::Pull;

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::pull;
use crate::state::AppState;

pub(crate) async fn pull(
    State(app): State<AppState>,
    session: Session,
    Json(asked): Json<Pull>,
) -> Result<Response, ApiError> {
    session.may_sync()?;
    let place = app.limits.pulls.enter(session.clinic).await?;
    let stream = pull::start(&app, &session, asked, place).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response())
}
