//! What slows down guessing: too many wrong ones on an account must wait, and at an open screen they end its sign-ins.
//!
//! Owns: when somebody must wait, and the count of what is guessed at an open screen. Must never: log or keep what was typed.
//! Called by: `handlers::sign_in`, `handlers::openid`, `own_password`, `second_factor`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use wattle_protocol::ErrorCode;

use crate::auth::Session;
use crate::db::{Identity, account, attempt, token};
use crate::error::ApiError;
use crate::state::AppState;

/// What stands for the network address of attempts at an open screen.
const SCREEN: &str = "session";

/// Too many failures in the window: wait until the oldest of them leaves it.
pub(crate) fn check(
    app: &AppState,
    (count, oldest): attempt::Counted,
    allowed: i64,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    if count < allowed {
        return Ok(());
    }
    let until = oldest.unwrap_or(now) + app.config.attempt_window;
    let wait = (until - now).to_std().unwrap_or(Duration::ZERO);
    let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
    Err(ApiError::after(ErrorCode::RateLimited, seconds, "too many failures"))
}

/// A password or code that was typed at an open screen, counted before anybody has looked at it: of many at the same moment
/// no more are looked at than one after another.
pub(crate) struct Guess {
    username: String,
    noted: i64,
}

impl Guess {
    /// Counts one for whoever is signed in.
    pub(crate) async fn begin(app: &AppState, session: &Session) -> Result<Self, ApiError> {
        let (clinic, now) = (session.clinic, app.now());
        let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
        let Some(username) = account::username(&mut tx, clinic, session.user).await? else {
            return Err(ApiError::because(ErrorCode::SignInAgain, "no account"));
        };
        attempt::queue(&mut tx, clinic, &username).await?;
        let since = now - app.config.attempt_window;
        let counted = attempt::on_user(&mut tx, clinic, &username, since).await?;
        check(app, counted, app.config.attempts_per_user, now)?;
        let noted = attempt::note(&mut tx, now, Some(clinic), &username, SCREEN, None).await?;
        tx.commit().await?;
        Ok(Self { username, noted })
    }

    /// The account that it is about.
    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    /// It was right. Those before it stay counted: whoever guesses may sit beside whoever knows.
    pub(crate) async fn right(self, connection: &mut PgConnection) -> Result<(), ApiError> {
        Ok(attempt::forget(connection, self.noted).await?)
    }

    /// It was wrong, and counts like a wrong password at the door; the last one that is allowed ends every sign-in of theirs.
    /// Answers what to say.
    pub(crate) async fn wrong(
        self,
        app: &AppState,
        session: &Session,
        code: ErrorCode,
    ) -> Result<ApiError, ApiError> {
        let (clinic, now) = (session.clinic, app.now());
        let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
        attempt::queue(&mut tx, clinic, &self.username).await?;
        attempt::failed(&mut tx, self.noted).await?;
        let since = now - app.config.attempt_window;
        let (count, _) = attempt::on_user(&mut tx, clinic, &self.username, since).await?;
        if count >= app.config.attempts_per_user {
            token::revoke_user(&mut tx, clinic, session.user, now).await?;
        }
        tx.commit().await?;
        Ok(ApiError::because(code, "guessed at an open screen"))
    }
}
