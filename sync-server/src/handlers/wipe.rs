//! `POST /v1/wipe`: the last words of a workstation that destroys its keys.

use axum::extract::State;
use wattle_protocol::session::Wiping;

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::state::AppState;
use crate::wipe;

pub(crate) async fn wipe(
    State(app): State<AppState>,
    session: Session,
    Json(wiping): Json<Wiping>,
) -> Result<Json<()>, ApiError> {
    wipe::take(&app, &session, wiping).await.map(Json)
}
