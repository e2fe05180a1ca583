//! `GET /healthz`: the process lives. `GET /readyz`: it can serve.

use std::time::Duration;

use axum::extract::State;
use serde_json::{Value, json};
use tokio::time::Instant;
use wattle_protocol::ErrorCode;

use crate::body::Json;
use crate::error::ApiError;
use crate::state::AppState;

/// How long what the database said is believed.
const KNOWN_FOR: Duration = Duration::from_secs(1);

pub(crate) async fn alive() -> Json<Value> {
    Json(json!({"alive": true}))
}

pub(crate) async fn ready(State(app): State<AppState>) -> Result<Json<Value>, ApiError> {
    if *app.stopping.borrow() {
        return Err(ApiError::after(ErrorCode::Unavailable, 5, "stopping"));
    }
    // Anybody may ask: one asks the database, and the others are told what it heard.
    let mut known = app.limits.readiness.lock().await;
    let fresh = known.clone().filter(|(at, _)| at.elapsed() < KNOWN_FOR);
    let (_, heard) = match fresh {
        Some(fresh) => fresh,
        None => {
            let epoch = async { crate::db::feed::epoch(&mut *app.pool.acquire().await?).await };
            let heard = epoch.await.map(drop).map_err(|error| crate::db::error::describe(&error));
            known.insert((Instant::now(), heard)).clone()
        }
    };
    drop(known);
    match heard {
        Ok(()) => Ok(Json(json!({"ready": true}))),
        Err(cause) => Err(ApiError::after(ErrorCode::Unavailable, 2, cause)),
    }
}
