//! Accounts: made, closed, opened again, given roles and passwords.

use serde_json::json;
use uuid::Uuid;
use wattle_domain::{Role, UserId};
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::Done;
use wattle_protocol::session::SHORTEST_PASSWORD;

use super::Desk;
use crate::db::{account, admin, openid, second_factor, token};
use crate::error::ApiError;
use crate::password;

/// The longest of a name and of a password, characters.
const LONGEST: (usize, usize) = (100, 1000);

pub(super) async fn add(
    desk: &mut Desk<'_>,
    username: &str,
    display_name: &str,
    password: String,
    roles: &[Role],
) -> Result<Done, ApiError> {
    let (username, display_name) = (username.trim().to_lowercase(), display_name.trim());
    let fits = |name: &str| !name.is_empty() && name.chars().count() <= LONGEST.0;
    if !fits(&username)
        || username.chars().any(char::is_whitespace)
        || !fits(display_name)
        || roles.is_empty()
    {
        return Err(ApiError::because(ErrorCode::Malformed, "names or roles"));
    }
    let phc = hashed(password).await?;
    let user = UserId(Uuid::now_v7());
    let clinic = desk.session.clinic;
    if !admin::add_account(desk.tx, clinic, user, &username, display_name, &phc).await? {
        return Err(ApiError::new(ErrorCode::NameTaken));
    }
    admin::set_roles(desk.tx, clinic, user, roles).await?;
    desk.log("add_account", user.0, json!({"roles": roles})).await?;
    Ok(Done { user: Some(user), ..Done::default() })
}

pub(super) async fn set_roles(desk: &mut Desk<'_>, user: UserId, roles: &[Role]) -> Result<Done, ApiError> {
    if roles.is_empty() {
        return Err(ApiError::because(ErrorCode::Malformed, "no roles"));
    }
    known(desk, user).await?;
    let clinic = desk.session.clinic;
    let before = account::roles(desk.tx, clinic, user).await?;
    admin::set_roles(desk.tx, clinic, user, roles).await?;
    somebody_is_left(desk).await?;
    desk.log("set_roles", user.0, json!({"before": before, "after": roles})).await?;
    Ok(Done::default())
}

pub(super) async fn set_password(
    desk: &mut Desk<'_>,
    user: UserId,
    password: String,
) -> Result<Done, ApiError> {
    let phc = hashed(password).await?;
    known(desk, user).await?;
    let (clinic, now) = (desk.session.clinic, desk.app.now());
    admin::set_password(desk.tx, clinic, user, &phc).await?;
    token::revoke_user(desk.tx, clinic, user, now).await?;
    desk.log("set_password", user.0, json!({})).await?;
    Ok(Done::default())
}

pub(super) async fn set_login(
    desk: &mut Desk<'_>,
    user: UserId,
    login: Option<String>,
) -> Result<Done, ApiError> {
    known(desk, user).await?;
    let clinic = desk.session.clinic;
    let provider = openid::provider(desk.tx, clinic).await?;
    let provider = provider.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no OpenID provider"))?;
    let login = login.map(|login| login.trim().to_lowercase());
    if login.as_ref().is_some_and(|login| login.is_empty() || login.chars().count() > LONGEST.0) {
        return Err(ApiError::because(ErrorCode::Malformed, "login"));
    }
    let named = login.as_deref().map(|login| (provider.issuer.as_str(), login));
    if !openid::set_login(desk.tx, clinic, user, named).await? {
        return Err(ApiError::new(ErrorCode::NameTaken));
    }
    // Who came by the login before is not whom the clinic means now.
    token::revoke_user(desk.tx, clinic, user, desk.app.now()).await?;
    desk.log(if login.is_some() { "set_login" } else { "remove_login" }, user.0, json!({})).await?;
    Ok(Done::default())
}

pub(super) async fn reset_second_factor(desk: &mut Desk<'_>, user: UserId) -> Result<Done, ApiError> {
    known(desk, user).await?;
    if second_factor::remove(desk.tx, desk.session.clinic, user).await? {
        desk.log("second_factor_off", user.0, json!({})).await?;
    }
    Ok(Done::default())
}

pub(super) async fn set_active(desk: &mut Desk<'_>, user: UserId, active: bool) -> Result<Done, ApiError> {
    known(desk, user).await?;
    let (clinic, now) = (desk.session.clinic, desk.app.now());
    admin::set_active(desk.tx, clinic, user, active).await?;
    if !active {
        somebody_is_left(desk).await?;
        token::revoke_user(desk.tx, clinic, user, now).await?;
    }
    desk.log(if active { "reopen_account" } else { "close_account" }, user.0, json!({})).await?;
    Ok(Done::default())
}

pub(crate) async fn hashed(password: String) -> Result<String, ApiError> {
    let length = password.chars().count();
    if length > LONGEST.1 {
        return Err(ApiError::because(ErrorCode::Malformed, "password"));
    }
    if length < SHORTEST_PASSWORD {
        return Err(ApiError::new(ErrorCode::WeakPassword));
    }
    password::hash(password).await
}

async fn known(desk: &mut Desk<'_>, user: UserId) -> Result<(), ApiError> {
    if admin::is_account(desk.tx, desk.session.clinic, user).await? {
        Ok(())
    } else {
        Err(ApiError::because(ErrorCode::NotFound, "account"))
    }
}

/// A clinic that locks itself out would need somebody with the database's password.
async fn somebody_is_left(desk: &mut Desk<'_>) -> Result<(), ApiError> {
    if admin::admins(desk.tx, desk.session.clinic).await? > 0 {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::LastAdmin))
    }
}
