//! `POST /v1/openid`: a sign-in with the clinic's OpenID provider begins.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use wattle_protocol::ErrorCode;
use wattle_protocol::openid::{Begin, Begun};

use super::sign_in::{desk, secret_hash};
use crate::body::Json;
use crate::db::attempt;
use crate::error::ApiError;
use crate::guess::check;
use crate::state::AppState;
use crate::{openid, peer};

pub(crate) async fn begin(
    State(app): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(asked): Json<Begin>,
) -> Result<Json<Begun>, ApiError> {
    let now = app.now();
    let address = peer::address(from.ip(), &headers, &app.config.trusted_proxies).to_string();
    let since = now - app.config.attempt_window;
    let failures = attempt::from_address(&app.pool, &address, since).await?;
    check(&app, failures, app.config.attempts_per_address, now)?;
    let secret_hash = secret_hash(&asked.workstation_secret)?;
    let from = (asked.workstation, asked.enrolment.as_ref());
    let Some((clinic, _)) = desk(&app, from, &secret_hash, now).await? else {
        let mut connection = app.pool.acquire().await?;
        attempt::note(&mut connection, now, None, "", &address, Some(false)).await?;
        return Err(ApiError::because(ErrorCode::NotEnrolled, "workstation or code"));
    };
    openid::begin(&app, clinic, &asked).await.map(Json)
}
