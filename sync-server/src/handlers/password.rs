//! `POST /v1/password`: a password of one's own, in place of the one before.

use axum::extract::State;
use wattle_protocol::session::NewPassword;

use crate::auth::Session;
use crate::body::Json;
use crate::error::ApiError;
use crate::own_password;
use crate::state::AppState;

pub(crate) async fn change(
    State(app): State<AppState>,
    session: Session,
    Json(asked): Json<NewPassword>,
) -> Result<Json<()>, ApiError> {
    own_password::change(&app, &session, asked).await.map(Json)
}
