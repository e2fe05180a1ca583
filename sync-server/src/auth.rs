//! Who is asking: the access token in `Authorization: Bearer`, looked up by its hash.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::session::WorkstationState;

use crate::db::{Identity, token};
use crate::error::ApiError;
use crate::secret::sha256;
use crate::state::AppState;

/// A signed-in user at an enrolled workstation.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub clinic: ClinicId,
    pub user: UserId,
    pub workstation: WorkstationId,
    /// The id of the access token.
    pub token: Uuid,
    /// When the token ends.
    pub until: UtcInstant,
    pub state: WorkstationState,
}

impl Session {
    /// For whom a transaction of this request works.
    pub fn identity(&self) -> Identity {
        Identity { clinic: self.clinic, user: Some(self.user), workstation: Some(self.workstation) }
    }

    /// Refuses a workstation whose sync an admin has stopped.
    pub fn may_sync(&self) -> Result<(), ApiError> {
        match self.state {
            WorkstationState::Ok => Ok(()),
            _ => Err(ApiError::because(ErrorCode::NotAllowed, "workstation is stopped")),
        }
    }
}

/// The word in the database as the protocol has it; an unknown one stops the workstation.
pub(crate) fn workstation_state(word: &str) -> WorkstationState {
    match word {
        "ok" => WorkstationState::Ok,
        "wipe" | "wiped" => WorkstationState::Wipe,
        _ => WorkstationState::Suspended,
    }
}

/// Whether an admin has taken a workstation out of the clinic: no token of it counts, also one that was given out in the same
/// instant.
pub(crate) fn is_revoked(word: &str) -> bool {
    word == "revoked"
}

/// Whether a workstation is told to wipe and has not said that it did: it alone keeps a way in on tokens that are worth nothing
/// else, to hear so and to hand over.
pub(crate) fn is_wiping(word: &str) -> bool {
    word == "wipe"
}

impl FromRequestParts<AppState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        // Looked up already, by the layer that gave the request its place.
        if let Some(session) = parts.extensions.get::<Self>() {
            return Ok(session.clone());
        }
        let again = |cause: &str| ApiError::because(ErrorCode::SignInAgain, cause);
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| again("no token"))?;
        // A storm of requests waits here in line, not for the database's connections.
        let place = app.limits.entries.acquire().await;
        let found = token::find(&app.pool, &sha256(token.as_bytes())).await?;
        drop(place);
        let found = found.filter(|t| t.kind == "access").ok_or_else(|| again("unknown token"))?;
        // One that is to be wiped keeps its way to hand over what is unsent, whatever became of whoever sat there.
        let wiping = is_wiping(&found.state);
        if (found.revoked_at.is_some() || !found.user_active) && !wiping {
            return Err(again("revoked token"));
        }
        if is_revoked(&found.state) {
            return Err(again("revoked workstation"));
        }
        if found.expires_at <= app.now() {
            return Err(again("token past its time"));
        }
        let session = Self {
            clinic: ClinicId(found.clinic_id),
            user: UserId(found.user_id),
            workstation: WorkstationId(found.workstation_id),
            token: found.id,
            until: found.expires_at.into(),
            state: workstation_state(&found.state),
        };
        if let Some(seen) = parts.extensions.get::<crate::limits::Seen>() {
            seen.note(session.clinic, session.user, session.workstation);
        }
        Ok(session)
    }
}
