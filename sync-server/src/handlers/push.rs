//! `POST /v1/push`: commands of one workstation, and a verdict for each.

use axum::extract::State;
use wattle_protocol::push::{Push, Pushed};

use crate::apply;
use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::state::AppState;

pub(crate) async fn push(
    State(app): State<AppState>,
    session: Session,
    Json(push): Json<Push>,
) -> Result<Json<Pushed>, ApiError> {
    session.may_sync()?;
    Ok(Json(apply::push(&app, &session, push.commands).await?))
}
