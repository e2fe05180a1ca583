//! Computers: let in by a code, stopped, wiped.

use serde_json::json;
use uuid::Uuid;
use wattle_domain::WorkstationId;
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::{APPROVED_MIN, ComputerState, Done, OWN_CODE_CHARS, OWN_CODE_LETTERS};

use super::Desk;
use crate::db::{admin, token, workstation as workstations};
use crate::error::ApiError;
use crate::secret;

pub(super) async fn set(
    desk: &mut Desk<'_>,
    workstation: WorkstationId,
    state: ComputerState,
) -> Result<Done, ApiError> {
    let (word, action) = match state {
        ComputerState::Ok => ("ok", "resume_workstation"),
        ComputerState::Suspended => ("suspended", "suspend_workstation"),
        ComputerState::Revoked => ("revoked", "revoke_workstation"),
        ComputerState::Wipe => ("wipe", "wipe_workstation"),
        ComputerState::Wiped | ComputerState::Other => {
            return Err(ApiError::because(ErrorCode::Malformed, "only a workstation says that it is wiped"));
        }
    };
    if !admin::set_computer(desk.tx, desk.session.clinic, workstation, word).await? {
        return Err(ApiError::because(ErrorCode::NotFound, "workstation"));
    }
    if state == ComputerState::Revoked {
        let (clinic, now) = (desk.session.clinic, desk.app.now());
        workstations::revoke_keys(desk.tx, clinic, workstation).await?;
        token::revoke_workstation(desk.tx, clinic, workstation, now).await?;
    }
    desk.log(action, workstation.0, json!({})).await?;
    Ok(Done::default())
}

pub(super) async fn make_code(desk: &mut Desk<'_>) -> Result<Done, ApiError> {
    let code = secret::code()?;
    let until = desk.app.now() + chrono::TimeDelta::hours(secret::CODE_HOURS);
    let id = admin::add_code(desk.tx, desk.session.clinic, &secret::code_hash(&code), until).await?;
    desk.log("make_code", id, json!({})).await?;
    Ok(Done { code: Some(code), ..Done::default() })
}

/// A code that a computer drew: taken only as it draws them, so that nobody is talked into a weaker one.
pub(super) async fn approve(desk: &mut Desk<'_>, code: &str) -> Result<Done, ApiError> {
    let plain: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let plain = plain.to_ascii_uppercase();
    if plain.chars().count() != OWN_CODE_CHARS || plain.chars().any(|c| !OWN_CODE_LETTERS.contains(c)) {
        return Err(ApiError::because(ErrorCode::Malformed, "not a code of a computer"));
    }
    let until = desk.app.now() + chrono::TimeDelta::minutes(APPROVED_MIN);
    let approved =
        admin::approve_code(desk.tx, desk.session.clinic, &secret::code_hash(&plain), until).await?;
    // Spent, or drawn twice: the computer is set up again and draws another.
    let id = approved.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "a code that was used"))?;
    desk.log("approve_computer", id, json!({})).await?;
    Ok(Done::default())
}

pub(super) async fn cancel_code(desk: &mut Desk<'_>, code: Uuid) -> Result<Done, ApiError> {
    if !admin::cancel_code(desk.tx, desk.session.clinic, code).await? {
        return Err(ApiError::because(ErrorCode::NotFound, "code"));
    }
    desk.log("cancel_code", code, json!({})).await?;
    Ok(Done::default())
}
