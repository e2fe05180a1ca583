//! Somebody chooses a password of their own.
//!
//! Owns: what is asked of the old one and of the new one, and what ends with the old. Must never: log either.
//! Called by: the handler of `/v1/password`.

use wattle_protocol::ErrorCode;
use wattle_protocol::session::NewPassword;

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::{account, token};
use crate::error::ApiError;
use crate::guess::Guess;
use crate::state::AppState;
use crate::{house, password};

/// Sets it for whoever is signed in, who shows that they know the old one: an open screen is not enough. Their sign-ins at
/// other workstations end.
pub(crate) async fn change(app: &AppState, session: &Session, asked: NewPassword) -> Result<(), ApiError> {
    session.may_sync()?;
    let (clinic, user, now) = (session.clinic, session.user, app.now());
    let guess = Guess::begin(app, session).await?;
    let mut tx = session.identity().begin(&app.pool).await?;
    let found = account::by_username(&mut tx, clinic, guess.username()).await?;
    tx.commit().await?;

    let place = app.limits.sign_ins.enter(clinic).await?;
    let good = password::verify(asked.old, found.map(|account| account.password_phc)).await?;
    drop(place);
    if !good {
        return Err(guess.wrong(app, session, ErrorCode::WrongCredentials).await?);
    }
    let mut tx = session.identity().begin(&app.pool).await?;
    guess.right(&mut tx).await?;
    tx.commit().await?;
    let place = app.limits.sign_ins.enter(clinic).await?;
    let phc = house::hashed(asked.new).await?;
    drop(place);
    let mut tx = session.identity().begin(&app.pool).await?;
    if !account::set_own_password(&mut tx, &phc).await? {
        return Err(ApiError::because(ErrorCode::NotAllowed, "no password of ours"));
    }
    token::revoke_elsewhere(&mut tx, clinic, user, session.workstation, now).await?;
    access::append(&mut tx, clinic, now, Access::by("change_password", user, session.workstation).on(user.0))
        .await?;
    tx.commit().await?;
    Ok(())
}
