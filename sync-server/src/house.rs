//! Who works in a clinic and at which computers: seen to by those whose roles grant it, one transaction an act, each in the
//! log of access.
//!
//! Owns: what may be done to accounts, computers and codes over HTTP. Must never: touch a patient's row.
//! Called by: the handler of `/v1/admin`.

mod computers;
mod people;
mod refusals;

pub(crate) use people::hashed;
pub(crate) use refusals::note_refusals;
use sqlx::postgres::PgConnection;
use sqlx::{Postgres, Transaction};
use wattle_domain::role::{Action, Grant, Noun};
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::{Act, Done, Overview};

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::{account, admin, openid};
use crate::error::ApiError;
use crate::state::AppState;

/// Everybody and everything, for somebody who may see both.
pub(crate) async fn overview(app: &AppState, session: &Session) -> Result<Overview, ApiError> {
    let mut tx = begin(app, session, (Noun::Account, Action::Read)).await?;
    may(&mut tx, session, (Noun::Workstation, Action::Read)).await?;
    let overview = Overview {
        people: admin::people(&mut tx, session.clinic).await?,
        workstations: admin::computers(&mut tx, session.clinic).await?,
        codes: admin::codes(&mut tx, session.clinic, app.now()).await?,
        openid: openid::provider(&mut tx, session.clinic).await?.map(|provider| provider.label),
        offline_lease_h: app.config.offline_lease.as_secs() / 3600,
    };
    tx.commit().await?;
    Ok(overview)
}

/// Does one thing, whole or not at all.
pub(crate) async fn act(app: &AppState, session: &Session, act: Act) -> Result<Done, ApiError> {
    let noun = match &act {
        Act::AddPerson { .. }
        | Act::SetRoles { .. }
        | Act::SetPassword { .. }
        | Act::SetLogin { .. }
        | Act::ResetSecondFactor { .. }
        | Act::CloseAccount { .. }
        | Act::ReopenAccount { .. } => Noun::Account,
        Act::SetComputer { .. } | Act::MakeCode | Act::ApproveComputer { .. } | Act::CancelCode { .. } => {
            Noun::Workstation
        }
    };
    let mut tx = begin(app, session, (noun, Action::Write)).await?;
    let mut desk = Desk { app, session, tx: &mut tx };
    let done = match act {
        Act::AddPerson { username, display_name, password, roles } => {
            people::add(&mut desk, &username, &display_name, password, &roles).await?
        }
        Act::SetRoles { user, roles } => people::set_roles(&mut desk, user, &roles).await?,
        Act::SetPassword { user, password } => people::set_password(&mut desk, user, password).await?,
        Act::SetLogin { user, login } => people::set_login(&mut desk, user, login).await?,
        Act::ResetSecondFactor { user } => people::reset_second_factor(&mut desk, user).await?,
        Act::CloseAccount { user } => people::set_active(&mut desk, user, false).await?,
        Act::ReopenAccount { user } => people::set_active(&mut desk, user, true).await?,
        Act::SetComputer { workstation, state } => computers::set(&mut desk, workstation, state).await?,
        Act::MakeCode => computers::make_code(&mut desk).await?,
        Act::ApproveComputer { code } => computers::approve(&mut desk, &code).await?,
        Act::CancelCode { code } => computers::cancel_code(&mut desk, code).await?,
    };
    tx.commit().await?;
    Ok(done)
}

/// What an act has at hand.
struct Desk<'a> {
    app: &'a AppState,
    session: &'a Session,
    tx: &'a mut PgConnection,
}

impl Desk<'_> {
    /// Writes into the log of access what is done here, and to whom.
    async fn log(
        &mut self,
        action: &'static str,
        subject: uuid::Uuid,
        detail: serde_json::Value,
    ) -> Result<(), ApiError> {
        let access = Access::by(action, self.session.user, self.session.workstation);
        let access = access.on(subject).with(detail);
        Ok(access::append(self.tx, self.session.clinic, self.app.now(), access).await?)
    }
}

/// A transaction for somebody whose roles grant it, now.
async fn begin(
    app: &AppState,
    session: &Session,
    grant: Grant,
) -> Result<Transaction<'static, Postgres>, ApiError> {
    session.may_sync()?;
    let mut tx = session.identity().begin(&app.pool).await?;
    may(&mut tx, session, grant).await?;
    Ok(tx)
}

async fn may(connection: &mut PgConnection, session: &Session, grant: Grant) -> Result<(), ApiError> {
    let roles = account::roles(connection, session.clinic, session.user).await?;
    if roles.iter().any(|role| role.may(grant)) {
        Ok(())
    } else {
        Err(ApiError::because(ErrorCode::NotAllowed, "roles do not grant it"))
    }
}
