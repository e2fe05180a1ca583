//! `GET /healthz`: the process lives. `GET /readyz`: it can serve.

use axum::extract::State;
use serde_json::{Value, json};
use wattle_protocol::ErrorCode;

use crate::body::Json;
use crate::error::ApiError;
use crate::state::AppState;

pub(crate) async fn alive() -> Json<Value> {
    Json(json!({"alive": true}))
}

pub(crate) async fn ready(State(app): State<AppState>) -> Result<Json<Value>, ApiError> {
    if *app.stopping.borrow() {
        return Err(ApiError::after(ErrorCode::Unavailable, 5, "stopping"));
    }
    let epoch = async { crate::db::feed::epoch(&mut *app.pool.acquire().await?).await };
    match epoch.await {
        Ok(_) => Ok(Json(json!({"ready": true}))),
        Err(error) => Err(ApiError::after(ErrorCode::Unavailable, 2, crate::db::error::describe(&error))),
    }
}
