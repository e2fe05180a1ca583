//! `POST /v1/refresh`: a new pair of tokens for the last refresh token, once.

use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::session::{Refresh, SignedIn, WorkstationState};

use crate::auth::{is_revoked, is_wiping, workstation_state};
use crate::body::Json;
use crate::db::access::{self, Access};
use crate::db::{Identity, account, token, workstation};
use crate::error::ApiError;
use crate::state::AppState;
use crate::{second_factor, secret};

/// A stopped workstation asks every minute whether it may go on.
const LEASE_WHEN_STOPPED: Duration = Duration::from_secs(15 * 60);

/// Who gets a pair of tokens.
pub(crate) struct Holder {
    pub clinic: ClinicId,
    pub user: UserId,
    pub workstation: WorkstationId,
    pub family: Uuid,
    pub parent: Option<Uuid>,
    /// A code of an authenticator app came with it.
    pub second_factor: bool,
}

pub(crate) async fn refresh(
    State(app): State<AppState>,
    Json(asked): Json<Refresh>,
) -> Result<Json<SignedIn>, ApiError> {
    let again = |cause: &str| ApiError::because(ErrorCode::SignInAgain, cause);
    let now = app.now();
    let found = token::find(&app.pool, &secret::sha256(asked.refresh_token.as_bytes())).await?;
    let found = found.filter(|t| t.kind == "refresh").ok_or_else(|| again("unknown refresh token"))?;
    let clinic = ClinicId(found.clinic_id);
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    // A workstation that is to be wiped must hear so whoever was at it last, and only a session tells it. What such a session is
    // good for is handing over what is unsent: every other route refuses it.
    let wiping = is_wiping(&found.state);
    let reused = |why: &str| {
        let by = (UserId(found.user_id), WorkstationId(found.workstation_id));
        Access::by("reuse_token", by.0, by.1).with(json!({"why": why}))
    };
    if found.workstation_id != asked.workstation.0 {
        token::revoke_family(&mut tx, clinic, found.family, now).await?;
        access::append(&mut tx, clinic, now, reused("another_workstation")).await?;
        tx.commit().await?;
        return Err(again("refresh token of another workstation"));
    }
    if is_revoked(&found.state) {
        return Err(ApiError::because(
            ErrorCode::WorkstationRevoked,
            "refresh token of a revoked workstation",
        ));
    }
    if !found.user_active && !wiping {
        return Err(ApiError::because(ErrorCode::AccountClosed, "refresh token of a closed account"));
    }
    if found.revoked_at.is_some() && !wiping {
        // Taken back as the unused heir of a lost answer: whoever holds it did get that answer, so somebody else asked
        // for the other one. Which of the two is the thief cannot be told.
        token::revoke_family(&mut tx, clinic, found.family, now).await?;
        access::append(&mut tx, clinic, now, reused("revoked")).await?;
        tx.commit().await?;
        return Err(again("revoked refresh token"));
    }
    if found.expires_at <= now && !wiping {
        return Err(again("refresh token past its time"));
    }
    if !token::use_once(&mut tx, clinic, found.id, now).await? && !wiping {
        // Used before. An honest client whose answer was lost comes at once, and nobody has used what it was given.
        let since = now - app.config.refresh_grace;
        if !token::take_back_unused_heirs(&mut tx, clinic, found.id, since, now).await? {
            token::revoke_family(&mut tx, clinic, found.family, now).await?;
            access::append(&mut tx, clinic, now, reused("used")).await?;
            tx.commit().await?;
            tracing::warn!(%clinic, user = %found.user_id, workstation = %found.workstation_id, "refresh token reused");
            return Err(again("refresh token was used before"));
        }
    }
    let holder = Holder {
        clinic,
        user: UserId(found.user_id),
        workstation: WorkstationId(found.workstation_id),
        family: found.family,
        parent: Some(found.id),
        second_factor: false,
    };
    let signed_in = issue(&app, &mut tx, &holder, now).await?;
    tx.commit().await?;
    Ok(Json(signed_in))
}

/// Makes a pair of tokens and says to whom it belongs. The transaction goes on as that user.
pub(crate) async fn issue(
    app: &AppState,
    connection: &mut PgConnection,
    holder: &Holder,
    now: DateTime<Utc>,
) -> Result<SignedIn, ApiError> {
    let &Holder { clinic, user, workstation: at, family, parent, second_factor: fresh } = holder;
    let (access_token, refresh_token) = (secret::token()?, secret::token()?);
    let access_until = now + app.config.access_life;
    let pair =
        [("access", &access_token, access_until), ("refresh", &refresh_token, now + app.config.refresh_life)];
    for (kind, text, expires_at) in pair {
        let hash = secret::sha256(text.as_bytes());
        let new = token::New {
            kind,
            hash: &hash,
            user: user.0,
            workstation: at.0,
            family,
            parent,
            issued_at: now,
            expires_at,
        };
        token::insert(connection, clinic, &new).await?;
    }
    token::sweep(connection, clinic, at.0, now).await?;
    let second_factor_until = second_factor::kept_until(app, connection, clinic, (user, at), fresh).await?;
    let roles = account::roles(connection, clinic, user).await?;
    let username = account::username(connection, clinic, user).await?.unwrap_or_default();
    let desk = workstation::get(connection, clinic, at).await?;
    Identity { clinic, user: Some(user), workstation: Some(at) }.set(connection).await?;
    let (display_name, clinic_name) = account::names(connection, clinic, user).await?;
    Ok(SignedIn {
        access_token,
        access_until: access_until.into(),
        refresh_token,
        clinic,
        clinic_name,
        user,
        username,
        display_name,
        roles,
        workstation: at,
        offline_lease_until: lease(app, desk.as_ref().map(|w| workstation_state(&w.state)), now),
        workstation_name: desk.map(|w| w.name).unwrap_or_default(),
        second_factor_until,
        password_given: account::password_given(connection, clinic, user).await?,
    })
}

/// Until when somebody may work without the server: one that an admin has stopped shuts by itself soon after it has left the
/// network.
pub(crate) fn lease(app: &AppState, state: Option<WorkstationState>, now: DateTime<Utc>) -> UtcInstant {
    let lease = match state {
        Some(WorkstationState::Ok) => app.config.offline_lease,
        _ => app.config.offline_lease.min(LEASE_WHEN_STOPPED),
    };
    (now + lease).into()
}
