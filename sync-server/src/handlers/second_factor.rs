//! `POST /v1/second-factor`: the codes of an authenticator app, for the account of whoever is signed in.

use axum::extract::State;
use wattle_protocol::second_factor::{SecondFactor, Step};

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::second_factor;
use crate::state::AppState;

pub(crate) async fn step(
    State(app): State<AppState>,
    session: Session,
    Json(step): Json<Step>,
) -> Result<Json<SecondFactor>, ApiError> {
    second_factor::step(&app, &session, step).await.map(Json)
}
