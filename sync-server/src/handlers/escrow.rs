//! `POST /v1/escrow`: the key of a workstation's file, for people of its profile.

use axum::extract::State;
use wattle_protocol::escrow::{Escrow, Escrowed};

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::escrow;
use crate::state::AppState;

pub(crate) async fn escrow(
    State(app): State<AppState>,
    session: Session,
    Json(asked): Json<Escrow>,
) -> Result<Json<Escrowed>, ApiError> {
    escrow::ask(&app, &session, asked).await.map(Json)
}
