//! `POST /v1/refused`: sign-ins that a workstation has refused by itself, into the log of access.

use axum::extract::State;
use wattle_protocol::ErrorCode;
use wattle_protocol::refused::{MOST_REFUSALS, Refusals};

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::house;
use crate::state::AppState;

pub(crate) async fn note(
    State(app): State<AppState>,
    session: Session,
    Json(told): Json<Refusals>,
) -> Result<Json<()>, ApiError> {
    if told.refused.len() > MOST_REFUSALS {
        return Err(ApiError::because(ErrorCode::Malformed, "too many refusals at once"));
    }
    house::note_refusals(&app, &session, &told.refused).await.map(Json)
}
