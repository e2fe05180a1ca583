//! `POST /v1/push`: commands of one workstation, and a verdict for each.

use axum::extract::State;
use wattle_protocol::push::{Push, Pushed, Verdict};

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
    let pushed = apply::push(&app, &session, push.commands).await?;
    let mut settled = 0;
    for answer in &pushed.answers {
        app.metrics.verdict(&answer.verdict);
        settled += u64::from(!matches!(answer.verdict, Verdict::Deferred { .. }));
    }
    app.metrics.answered(session.clinic, session.workstation, settled);
    Ok(Json(pushed))
}
