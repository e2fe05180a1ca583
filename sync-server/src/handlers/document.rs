//! `POST /v1/document`.

use axum::extract::State;
use wattle_protocol::document::{DocumentAnswer, DocumentAsk};

use crate::auth::Session;
use crate::body::Json;
use crate::document;
use crate::error::ApiError;
use crate::state::AppState;

/// Where a document's bytes go or are, and whether all have come.
pub(crate) async fn document(
    State(app): State<AppState>,
    session: Session,
    Json(asked): Json<DocumentAsk>,
) -> Result<Json<DocumentAnswer>, ApiError> {
    session.may_sync()?;
    Ok(Json(document::answer(&app, &session, asked).await?))
}
