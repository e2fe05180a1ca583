//! `GET /v1/admin`, `POST /v1/admin`: the people and the computers of a clinic, for those who may see to them.

use axum::extract::State;
use wattle_protocol::admin::{Act, Done, Overview};

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::house;
use crate::state::AppState;

pub(crate) async fn overview(
    State(app): State<AppState>,
    session: Session,
) -> Result<Json<Overview>, ApiError> {
    house::overview(&app, &session).await.map(Json)
}

pub(crate) async fn act(
    State(app): State<AppState>,
    session: Session,
    Json(act): Json<Act>,
) -> Result<Json<Done>, ApiError> {
    house::act(&app, &session, act).await.map(Json)
}
