//! Sign-in with the account of a clinic's OpenID provider.
//!
//! Owns: what the provider is asked, and what of its answer is believed. Must never: log a code, a token or a login.
//! Called by: the handlers of `/v1/openid` and `/v1/sign-in`, `house`, and the command line.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreIdToken, CoreProviderMetadata, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId};
use wattle_protocol::ErrorCode;
use wattle_protocol::openid::{Begin, Begun, Returned};

use crate::db::Identity;
use crate::db::openid::{self, Provider};
use crate::error::ApiError;
use crate::secret;
use crate::state::AppState;

/// How long somebody may take in their browser.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long the provider may take to answer us, and how much it may say.
const ANSWER: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 1 << 20;
/// By how much the provider's clock and ours may differ.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// A sign-in begins at an enrolled workstation, or at one with a good code.
pub(crate) async fn begin(app: &AppState, clinic: ClinicId, asked: &Begin) -> Result<Begun, ApiError> {
    let redirect = loopback(&asked.redirect_uri)?;
    let challenge = &asked.code_challenge;
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if challenge.len() != 43
        || !plain(challenge)
        || !(16..=200).contains(&asked.state.len())
        || !plain(&asked.state)
    {
        return Err(ApiError::because(ErrorCode::Malformed, "challenge or state"));
    }
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    let provider = openid::provider(&mut tx, clinic).await?;
    let provider = provider.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no OpenID provider"))?;
    // The provider may be slow: the database's connections are not to wait for it.
    tx.commit().await?;
    let metadata = discover(&provider).await?;
    let client =
        CoreClient::from_provider_metadata(metadata, ClientId::new(provider.client_id.clone()), None)
            .set_redirect_uri(redirect);
    let (nonce, state) = (secret::token()?, asked.state.clone());
    let (given, attempt) = (nonce.clone(), Uuid::new_v4());
    // The workstation keeps the verifier: only its challenge is known here.
    let (mut address, _, _) = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(given),
        )
        .add_scope(Scope::new("email".into()))
        .add_scope(Scope::new("profile".into()))
        // Whoever sits there now, not whom the browser of a desk that is shared still knows.
        .add_prompt(CoreAuthPrompt::Login)
        .set_max_age(Duration::ZERO)
        .url();
    address
        .query_pairs_mut()
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256");
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    openid::begin(&mut tx, clinic, (attempt, &nonce), app.now(), app.now() - PATIENCE).await?;
    tx.commit().await?;
    Ok(Begun { attempt, label: provider.label, address: address.into() })
}

/// The browser is back: who it is, by the provider's word; `None` for somebody whom the clinic does not know, or a code or
/// an attempt that is not good.
pub(crate) async fn finish(
    app: &AppState,
    clinic: ClinicId,
    returned: &Returned,
) -> Result<Option<UserId>, ApiError> {
    let redirect = loopback(&returned.redirect_uri)?;
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    let attempt = openid::take(&mut tx, clinic, returned.attempt, app.now() - PATIENCE).await?;
    let provider = openid::provider(&mut tx, clinic).await?;
    // Taken whatever comes of it.
    tx.commit().await?;
    let (Some((nonce, begun_at)), Some(provider)) = (attempt, provider) else { return Ok(None) };
    let metadata = discover(&provider).await?;
    let tells =
        metadata.claims_supported().is_some_and(|claims| claims.iter().any(|c| c.as_str() == "auth_time"));
    let now = app.now();
    let client =
        CoreClient::from_provider_metadata(metadata, ClientId::new(provider.client_id.clone()), None)
            .set_redirect_uri(redirect);
    let exchange = client
        .exchange_code(AuthorizationCode::new(returned.code.clone()))
        .map_err(|_| unusable("no token endpoint"))?
        .set_pkce_verifier(PkceCodeVerifier::new(returned.verifier.clone()))
        .request_async(&ask)
        .await;
    let tokens = match exchange {
        Ok(tokens) => tokens,
        Err(openidconnect::RequestTokenError::ServerResponse(_)) => return Ok(None),
        Err(_) => return Err(unusable("token endpoint")),
    };
    // Of its time the library holds only the end against a token.
    let verifier = client
        .id_token_verifier()
        .set_issue_time_verifier_fn(|at| if at > now + SKEW { Err("of the future".into()) } else { Ok(()) })
        .set_auth_time_verifier_fn(|at| match at {
            Some(at) if at < begun_at - SKEW => Err("somebody was signed in there before".into()),
            None if tells => Err("it is not said when somebody signed in there".into()),
            _ => Ok(()),
        });
    let Some(id_token) = tokens.id_token() else { return Err(unusable("no id token")) };
    let claims = id_token.claims(&verifier, &Nonce::new(nonce));
    let (Ok(claims), true) = (claims, not_before(id_token).is_none_or(|at| at <= now + SKEW)) else {
        tracing::warn!(%clinic, "an id token was not believed");
        return Ok(None);
    };
    let subject = claims.subject().as_str();
    let mut tx = Identity::clinic(clinic).begin(&app.pool).await?;
    let mut user = openid::by_subject(&mut tx, clinic, (&provider.issuer, subject)).await?;
    if user.is_none() {
        let login = match provider.login_claim.as_str() {
            "preferred_username" => claims.preferred_username().map(|name| name.as_str()),
            // An address that the provider has not checked could be anybody's.
            _ => claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.as_str()),
        };
        if let Some(login) = login {
            user = openid::bind(&mut tx, clinic, (&provider.issuer, subject), login).await?;
        }
    }
    tx.commit().await?;
    Ok(user)
}

/// From when on a token holds, where it says so. The library does not read this claim; the signature is its to check.
fn not_before(token: &CoreIdToken) -> Option<DateTime<Utc>> {
    let text = token.to_string();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    DateTime::from_timestamp(claims.get("nbf")?.as_i64()?, 0)
}

/// The provider's own description of itself, fetched each time: keys change, and sign-ins are rare.
async fn discover(provider: &Provider) -> Result<CoreProviderMetadata, ApiError> {
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|_| unusable("issuer"))?;
    CoreProviderMetadata::discover_async(issuer, &ask).await.map_err(|_| unusable("discovery"))
}

fn unusable(what: &str) -> ApiError {
    ApiError::after(ErrorCode::Unavailable, 5, format!("OpenID provider: {what}"))
}

/// Only this very computer may be where the browser goes back to.
fn loopback(address: &str) -> Result<RedirectUrl, ApiError> {
    let bad = || ApiError::because(ErrorCode::Malformed, "redirect");
    let url = RedirectUrl::new(address.to_owned()).map_err(|_| bad())?;
    let parts = url.url();
    let here = parts.scheme() == "http" && parts.host_str() == Some("127.0.0.1") && parts.port().is_some();
    if here { Ok(url) } else { Err(bad()) }
}

/// One request to the provider. Follows nothing: an address that it sends us to was not the one that was configured.
async fn ask(request: HttpRequest) -> Result<HttpResponse, ProviderFault> {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER).build()?;
    let (parts, body) = request.into_parts();
    let address = parts.uri.to_string();
    let mut answer = client.request(parts.method, address).headers(parts.headers).body(body).send().await?;
    let mut response = http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.extend(answer.headers().clone());
    }
    let mut whole = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if whole.len() + piece.len() > ANSWER_BYTES {
            return Err(ProviderFault::TooLong);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(response.body(whole)?)
}

/// Why the provider gave no answer.
#[derive(Debug, thiserror::Error)]
enum ProviderFault {
    #[error("the provider cannot be reached")]
    Line(#[from] reqwest::Error),
    #[error("the provider's answer is too long")]
    TooLong,
    #[error("the provider's answer is not HTTP")]
    Shape(#[from] http::Error),
}
