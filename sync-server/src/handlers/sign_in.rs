//! `POST /v1/sign-in`: a password or an OpenID provider's word, at an enrolled workstation or with a code that enrols it.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};
use wattle_protocol::ErrorCode;
use wattle_protocol::session::{Enrolment, SignIn, SignedIn};

use crate::auth::{is_revoked, is_wiping};
use crate::body::Json;
use crate::db::access::{self, Access};
use crate::db::{Identity, account, attempt, workstation as workstations};
use crate::error::ApiError;
use crate::guess::check;
use crate::handlers::refresh::{Holder, issue};
use crate::second_factor::{self, Proof};
use crate::state::AppState;
use crate::{openid, password, peer, secret};

/// Where the request says it comes from, once believed.
pub(super) enum Desk {
    Enrolled { id: WorkstationId, wiping: bool },
    New { code_hash: Vec<u8>, name: String },
}

impl Desk {
    /// Its id, if it has one already.
    fn workstation(&self) -> Option<WorkstationId> {
        match self {
            Self::Enrolled { id, .. } => Some(*id),
            Self::New { .. } => None,
        }
    }

    /// Refuses somebody. A workstation that is to be wiped hears of it from whoever tries their luck at it: those who may
    /// sign in are let in, so that what is unsent can be handed over first.
    fn refuse(&self, code: ErrorCode, cause: &'static str) -> ApiError {
        match self {
            Self::Enrolled { wiping: true, .. } => ApiError::because(ErrorCode::Wipe, cause),
            _ => ApiError::because(code, cause),
        }
    }
}

pub(crate) async fn sign_in(
    State(app): State<AppState>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(asked): Json<SignIn>,
) -> Result<Json<SignedIn>, ApiError> {
    let now = app.now();
    let address = peer::address(from.ip(), &headers, &app.config.trusted_proxies).to_string();
    let username = asked.username.trim().to_lowercase();
    let secret_hash = secret_hash(&asked.workstation_secret)?;
    let signing_key = secret::decode::<32>(&asked.signing_key)
        .ok_or_else(|| ApiError::because(ErrorCode::Malformed, "signing_key"))?;
    let nameless = asked.openid.is_none() && username.is_empty();
    if nameless || username.len() > 100 || asked.password.len() > 1000 {
        return Err(ApiError::because(ErrorCode::Malformed, "username or password"));
    }

    let since = now - app.config.attempt_window;
    check(
        &app,
        attempt::from_address(&app.pool, &address, since).await?,
        app.config.attempts_per_address,
        now,
    )?;
    let from = (asked.workstation, asked.enrolment.as_ref());
    let Some((clinic, desk)) = desk(&app, from, &secret_hash, now).await? else {
        // A guessed code counts like a guessed password.
        let mut connection = app.pool.acquire().await?;
        attempt::note(&mut connection, now, None, &username, &address, Some(false)).await?;
        return Err(ApiError::because(ErrorCode::NotEnrolled, "workstation or code"));
    };
    let here = Identity::clinic(clinic);
    if let Some(returned) = &asked.openid {
        let Some(user) = openid::finish(&app, clinic, returned).await? else {
            let mut tx = here.begin(&app.pool).await?;
            attempt::note(&mut tx, now, Some(clinic), "", &address, Some(false)).await?;
            let refused = Access {
                action: "sign_in_refused",
                user: None,
                workstation: desk.workstation(),
                subject: None,
                detail: json!({"why": "openid"}),
            };
            access::append(&mut tx, clinic, now, refused).await?;
            tx.commit().await?;
            return Err(desk.refuse(ErrorCode::WrongCredentials, "OpenID"));
        };
        // Whether more than a password is wanted is the provider's to ask.
        let tx = here.begin(&app.pool).await?;
        let admitted = Admitted {
            user,
            desk,
            secret_hash,
            signing_key,
            app_version: asked.app_version,
            code_given: false,
        };
        return admit(&app, tx, clinic, admitted).await;
    }
    let mut tx = here.begin(&app.pool).await?;
    attempt::queue(&mut tx, clinic, &username).await?;
    check(
        &app,
        attempt::on_user(&mut tx, clinic, &username, since).await?,
        app.config.attempts_per_user,
        now,
    )?;
    let noted = attempt::note(&mut tx, now, Some(clinic), &username, &address, None).await?;
    let found = account::by_username(&mut tx, clinic, &username).await?.filter(|a| a.active);
    tx.commit().await?;

    let phc = found.as_ref().map(|a| a.password_phc.clone());
    let place = app.limits.sign_ins.enter(clinic).await?;
    let good = password::verify(asked.password, phc).await?;
    drop(place);
    let account = found.as_ref().map(|a| a.id);
    let Some(user) = found.filter(|_| good).map(|a| UserId(a.id)) else {
        let mut tx = here.begin(&app.pool).await?;
        attempt::failed(&mut tx, noted).await?;
        // Whoever it was; a name that is nobody's is not kept, because people type passwords into the wrong field.
        let refused = Access {
            action: "sign_in_refused",
            user: None,
            workstation: desk.workstation(),
            subject: account,
            detail: json!({}),
        };
        access::append(&mut tx, clinic, now, refused).await?;
        tx.commit().await?;
        return Err(desk.refuse(ErrorCode::WrongCredentials, "name or password"));
    };

    let mut tx = here.begin(&app.pool).await?;
    let code = asked.second_factor.as_deref();
    let proof = second_factor::prove(&app, &mut tx, clinic, (user, desk.workstation()), code).await?;
    match proof {
        Proof::Enough | Proof::Given => {}
        // The password alone forgives no wrong code: whoever has it could guess on.
        Proof::Missing => {
            attempt::forget(&mut tx, noted).await?;
            tx.commit().await?;
            return Err(ApiError::because(ErrorCode::SecondFactor, "a code is wanted"));
        }
        Proof::Wrong => {
            attempt::failed(&mut tx, noted).await?;
            let refused = Access {
                action: "sign_in_refused",
                user: None,
                workstation: desk.workstation(),
                subject: account,
                detail: json!({"why": "second_factor"}),
            };
            access::append(&mut tx, clinic, now, refused).await?;
            tx.commit().await?;
            return Err(ApiError::because(ErrorCode::SecondFactor, "code"));
        }
    }
    attempt::forgive(&mut tx, clinic, &username, &address).await?;
    let admitted = Admitted {
        user,
        desk,
        secret_hash,
        signing_key,
        app_version: asked.app_version,
        code_given: proof == Proof::Given,
    };
    admit(&app, tx, clinic, admitted).await
}

/// Somebody who is who they say.
struct Admitted {
    user: UserId,
    desk: Desk,
    secret_hash: Vec<u8>,
    signing_key: [u8; 32],
    app_version: String,
    /// A code of an authenticator app was given.
    code_given: bool,
}

/// Enrols the computer if it is new, keeps the key, gives tokens.
async fn admit(
    app: &AppState,
    mut tx: Transaction<'static, Postgres>,
    clinic: ClinicId,
    admitted: Admitted,
) -> Result<Json<SignedIn>, ApiError> {
    let Admitted { user, desk, secret_hash, signing_key, app_version, code_given } = admitted;
    let now = app.now();
    let is_new = matches!(desk, Desk::New { .. });
    let at = match desk {
        Desk::Enrolled { id, .. } => id,
        Desk::New { code_hash, name } => {
            let id = WorkstationId(Uuid::now_v7());
            let new = workstations::Enrolment {
                id,
                name: &name,
                secret_hash: &secret_hash,
                code_hash: &code_hash,
                by: user,
            };
            if !workstations::enrol(&mut tx, clinic, &new, now).await? {
                return Err(ApiError::because(ErrorCode::NotEnrolled, "code was used meanwhile"));
            }
            id
        }
    };
    account::register_key(&mut tx, clinic, user, at, &signing_key).await?;
    workstations::seen(&mut tx, clinic, at, now, Some(&app_version)).await?;
    let holder = Holder {
        clinic,
        user,
        workstation: at,
        family: Uuid::new_v4(),
        parent: None,
        second_factor: code_given,
    };
    let signed_in = issue(app, &mut tx, &holder, now).await?;
    if is_new {
        access::append(&mut tx, clinic, now, Access::by("enrol_workstation", user, at).on(at.0)).await?;
    }
    access::append(&mut tx, clinic, now, Access::by("sign_in", user, at)).await?;
    tx.commit().await?;
    tracing::info!(%clinic, %user, workstation = %at, "signed in");
    Ok(Json(signed_in))
}

/// The hash of a workstation's secret; it must be the hex of 32 bytes.
pub(crate) fn secret_hash(hex: &str) -> Result<Vec<u8>, ApiError> {
    let good = hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit());
    if !good {
        return Err(ApiError::because(ErrorCode::Malformed, "workstation_secret"));
    }
    Ok(secret::sha256(hex.to_ascii_lowercase().as_bytes()))
}

/// Whether the computer is what it says; `None` for an unknown workstation, a wrong secret, a bad code.
pub(super) async fn desk(
    app: &AppState,
    (workstation, enrolment): (Option<WorkstationId>, Option<&Enrolment>),
    secret_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(ClinicId, Desk)>, ApiError> {
    if let Some(id) = workstation {
        let Some(clinic) = workstations::clinic_of(&app.pool, id).await? else { return Ok(None) };
        let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
        let found = workstations::get(&mut tx, clinic, id).await?;
        tx.commit().await?;
        let Some(found) = found.filter(|w| secret::same_hash(&w.secret_hash, secret_hash)) else {
            return Ok(None);
        };
        if found.state == "wiped" {
            return Err(ApiError::because(ErrorCode::NotEnrolled, "workstation was wiped"));
        }
        if is_revoked(&found.state) {
            return Err(ApiError::because(ErrorCode::WorkstationRevoked, "workstation was revoked"));
        }
        let wiping = is_wiping(&found.state);
        return Ok(Some((clinic, Desk::Enrolled { id, wiping })));
    }
    let Some(enrolment) = enrolment else { return Ok(None) };
    let name = enrolment.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        return Err(ApiError::because(ErrorCode::Malformed, "workstation name"));
    }
    let code_hash = secret::code_hash(&enrolment.code);
    let Some(clinic) = workstations::clinic_of_code(&app.pool, &code_hash).await? else { return Ok(None) };
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    let good = workstations::code_is_good(&mut tx, clinic, &code_hash, now).await?;
    tx.commit().await?;
    Ok(good.then(|| (clinic, Desk::New { code_hash, name: name.to_owned() })))
}
