//! The codes of an authenticator app, beside a password.
//!
//! Owns: secrets, codes, when one is asked for. Must never: log either.
//! Called by: the handlers of `/v1/sign-in`, `/v1/refresh` and `/v1/second-factor`.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use totp_rs::{Builder, Secret, Totp};
use wattle_domain::{ClinicId, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::second_factor::{SecondFactor, Step};
use zeroize::Zeroizing;

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::second_factor::Kept;
use crate::db::{account, second_factor, token};
use crate::error::ApiError;
use crate::guess::Guess;
use crate::kms::{self, KeyRing};
use crate::secret;
use crate::state::AppState;

/// What the app lists the code under.
const ISSUER: &str = "Wattle";

/// What sign-in must know beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// None is asked for, or one was given at this workstation lately.
    Enough,
    /// A good one came.
    Given,
    /// A code is wanted, and none came.
    Missing,
    /// It is not the one that the app shows, or was taken before.
    Wrong,
}

/// Looks at what came beside a good password. `at` is the workstation, once it has an id.
pub(crate) async fn prove(
    app: &AppState,
    connection: &mut PgConnection,
    clinic: ClinicId,
    (user, at): (UserId, Option<WorkstationId>),
    code: Option<&str>,
) -> Result<Proof, ApiError> {
    let Some(kept) = second_factor::of(connection, clinic, user).await?.filter(|kept| kept.confirmed) else {
        return Ok(Proof::Enough);
    };
    let now = app.now();
    if let Some(code) = code {
        let totp = opened(app, clinic, user, &kept).await?;
        let good = take(connection, clinic, user, &totp, code, now).await?;
        return Ok(if good { Proof::Given } else { Proof::Wrong });
    }
    let given = match at {
        Some(at) => second_factor::given(connection, clinic, (user, at)).await?,
        None => None,
    };
    let lately = given.is_some_and(|given| given + app.config.second_factor_kept > now);
    Ok(if lately { Proof::Enough } else { Proof::Missing })
}

/// A sign-in has gone well: until when no code is asked for here; `None` when none ever is. With `fresh` a code was given
/// just now.
pub(crate) async fn kept_until(
    app: &AppState,
    connection: &mut PgConnection,
    clinic: ClinicId,
    (user, at): (UserId, WorkstationId),
    fresh: bool,
) -> Result<Option<UtcInstant>, ApiError> {
    if !second_factor::of(connection, clinic, user).await?.is_some_and(|kept| kept.confirmed) {
        return Ok(None);
    }
    let now = app.now();
    if fresh {
        second_factor::give(connection, clinic, (user, at), now).await?;
    }
    let given = second_factor::given(connection, clinic, (user, at)).await?;
    Ok(Some(given.map_or(now, |given| given + app.config.second_factor_kept).into()))
}

/// Does one step for whoever is signed in.
pub(crate) async fn step(app: &AppState, session: &Session, step: Step) -> Result<SecondFactor, ApiError> {
    session.may_sync()?;
    let (clinic, user, now) = (session.clinic, session.user, app.now());
    let mut tx = session.identity().begin(&app.pool).await?;
    let kept = second_factor::of(&mut tx, clinic, user).await?;
    let on = kept.as_ref().is_some_and(|kept| kept.confirmed);
    let answer = match step {
        Step::Look => SecondFactor { on, ..SecondFactor::default() },
        Step::Begin => {
            let ring = ring(app)?;
            let plain = Zeroizing::new(secret::random::<20>()?);
            let wrapped = ring.wrap(&kms::of_second_factor(clinic, user), plain.as_slice()).await?;
            if !second_factor::begin(&mut tx, clinic, user, (&wrapped, &ring.key_name())).await? {
                return Err(ApiError::because(ErrorCode::Malformed, "a second factor is there already"));
            }
            let (name, clinic_name) = account::names(&mut tx, clinic, user).await?;
            shown(plain.as_slice(), &name, &clinic_name)?
        }
        Step::Confirm { code } => {
            let kept = kept.filter(|_| !on);
            let kept = kept.ok_or_else(|| ApiError::because(ErrorCode::Malformed, "nothing to confirm"))?;
            let totp = opened(app, clinic, user, &kept).await?;
            if !take(&mut tx, clinic, user, &totp, &code, now).await? {
                return Err(ApiError::because(ErrorCode::SecondFactor, "code"));
            }
            second_factor::confirm(&mut tx, clinic, user, now).await?;
            second_factor::give(&mut tx, clinic, (user, session.workstation), now).await?;
            token::revoke_elsewhere(&mut tx, clinic, user, session.workstation, now).await?;
            let switched = Access::by("second_factor_on", user, session.workstation);
            access::append(&mut tx, clinic, now, switched.on(user.0)).await?;
            SecondFactor { on: true, ..SecondFactor::default() }
        }
        Step::Remove { code } => {
            drop(tx);
            remove(app, session, &code).await?;
            return Ok(SecondFactor::default());
        }
    };
    tx.commit().await?;
    Ok(answer)
}

/// Switches it off. An open screen is not enough, and codes are not guessed at one.
async fn remove(app: &AppState, session: &Session, code: &str) -> Result<(), ApiError> {
    let (clinic, user, now) = (session.clinic, session.user, app.now());
    let mut tx = session.identity().begin(&app.pool).await?;
    let kept = second_factor::of(&mut tx, clinic, user).await?.filter(|kept| kept.confirmed);
    tx.commit().await?;
    let kept = kept.ok_or_else(|| ApiError::because(ErrorCode::Malformed, "nothing to remove"))?;
    let totp = opened(app, clinic, user, &kept).await?;
    let guess = Guess::begin(app, session).await?;
    let mut tx = session.identity().begin(&app.pool).await?;
    if !take(&mut tx, clinic, user, &totp, code, now).await? {
        drop(tx);
        return Err(guess.wrong(app, session, ErrorCode::SecondFactor).await?);
    }
    guess.right(&mut tx).await?;
    second_factor::remove(&mut tx, clinic, user).await?;
    let switched = Access::by("second_factor_off", user, session.workstation);
    access::append(&mut tx, clinic, now, switched.on(user.0)).await?;
    Ok(tx.commit().await?)
}

async fn take(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    totp: &Totp,
    code: &str,
    now: DateTime<Utc>,
) -> Result<bool, ApiError> {
    // As people type them: in two groups of three.
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let Some(step) = totp.check(&digits, seconds) else { return Ok(false) };
    let step = i64::try_from(step).map_err(|_| ApiError::because(ErrorCode::Internal, "step"))?;
    Ok(second_factor::take(connection, clinic, user, step).await?)
}

async fn opened(app: &AppState, clinic: ClinicId, user: UserId, kept: &Kept) -> Result<Totp, ApiError> {
    let plain = ring(app)?.unwrap(&kept.kms_key, &kms::of_second_factor(clinic, user), &kept.wrapped).await?;
    Ok(built(Builder::new().with_secret(Secret::from(plain.as_slice()))))
}

fn shown(plain: &[u8], name: &str, clinic_name: &str) -> Result<SecondFactor, ApiError> {
    // A colon parts the two in the address.
    let tame = |text: &str| text.replace(':', " ").trim().to_owned();
    let account = format!("{} at {}", tame(name), tame(clinic_name));
    let secret = Secret::from(plain);
    let text = secret.to_base32();
    let totp = built(
        Builder::new().with_secret(secret).with_account_name(account.as_str()).with_issuer(Some(ISSUER)),
    );
    let address = totp.to_url().map_err(|_| ApiError::because(ErrorCode::Internal, "otpauth address"))?;
    Ok(SecondFactor { on: false, secret: Some(text), address: Some(address) })
}

fn built(builder: Builder) -> Totp {
    // `build` asks for a name that only the address needs; our secrets are always of 20 bytes.
    builder.build_noncompliant()
}

fn ring(app: &AppState) -> Result<&KeyRing, ApiError> {
    app.kms.as_ref().ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no server key"))
}
