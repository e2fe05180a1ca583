//! HTTP to the sync server.
//!
//! Owns: addresses, headers, timeouts, compression, streamed lines, and the one place that turns what HTTP did into
//! [`Error`].
//! Must never: retry (but for a body that may have been refused for being packed), decide, hold a token longer than a
//! call, put anything about a patient into an error.
//! Called by: the driver; what has nothing to do with rows (sign-in, keys, people) by the workstation.

mod address;
mod answer;
mod document;
mod error;
mod frames;
mod hints;
mod image;
mod limits;
mod lines;
mod packed;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wattle_domain::FeedClass;
use wattle_protocol::admin::{Act, Done, Overview};
use wattle_protocol::escrow::{Escrow, Escrowed};
use wattle_protocol::image::{ImageAsk, ImageOffer};
use wattle_protocol::live::ROWS_QUERY;
use wattle_protocol::openid::{Begin, Begun};
use wattle_protocol::pull::Pull;
use wattle_protocol::push::{Push, Pushed};
use wattle_protocol::refused::Refusals;
use wattle_protocol::second_factor::{SecondFactor, Step};
use wattle_protocol::session::{Hello, NewPassword, Refresh, SignIn, SignedIn, Welcome, Wiping};
use wattle_protocol::{ErrorCode, PROTOCOL, PROTOCOL_HEADER};

pub use address::{Address, BadAddress};
pub use error::{Error, Why};
pub use frames::Frames;
pub use hints::{Heard, Hints};
pub use image::ChunkBody;
pub use limits::Limits;

/// The way to one server. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Transport {
    http: Client,
    /// For what the server offers elsewhere: an object store has a certificate of its own.
    elsewhere: Client,
    address: Address,
    limits: Limits,
    packing: packed::Packing,
}

impl Transport {
    /// The way to a server: `https://…`, or plain `http://` to this computer only.
    ///
    /// # Errors
    /// An address that cannot be used; says what to write instead.
    pub fn new(server_url: &str) -> Result<Self, BadAddress> {
        Self::with_limits(server_url, Limits::default())
    }

    /// The way to a server with a certificate of a private authority: nobody else's word counts for it, not the system's
    /// either. `authorities` are one or more PEM certificates.
    ///
    /// # Errors
    /// As [`Transport::new`], and [`BadAddress::NoAuthority`] when there is no certificate in the text.
    pub fn pinned(server_url: &str, authorities: &str) -> Result<Self, BadAddress> {
        Self::build(server_url, Limits::default(), Some(authorities))
    }

    /// As [`Transport::new`], with other limits.
    ///
    /// # Errors
    /// As [`Transport::new`].
    pub fn with_limits(server_url: &str, limits: Limits) -> Result<Self, BadAddress> {
        Self::build(server_url, limits, None)
    }

    fn build(server_url: &str, limits: Limits, authorities: Option<&str>) -> Result<Self, BadAddress> {
        let address: Address = server_url.parse()?;
        let elsewhere = Self::client(&address, limits).build().map_err(|_| BadAddress::NoTls)?;
        let Some(authorities) = authorities else {
            return Ok(Self {
                http: elsewhere.clone(),
                elsewhere,
                address,
                limits,
                packing: packed::Packing::default(),
            });
        };
        let authorities = Certificate::from_pem_bundle(authorities.as_bytes())
            .ok()
            .filter(|found| !found.is_empty())
            .ok_or(BadAddress::NoAuthority)?;
        let mut builder = Self::client(&address, limits).tls_built_in_root_certs(false);
        for authority in authorities {
            builder = builder.add_root_certificate(authority);
        }
        let http = builder.build().map_err(|_| BadAddress::NoAuthority)?;
        Ok(Self { http, elsewhere, address, limits, packing: packed::Packing::default() })
    }

    fn client(address: &Address, limits: Limits) -> ClientBuilder {
        let mut headers = HeaderMap::new();
        headers.insert(PROTOCOL_HEADER, HeaderValue::from(PROTOCOL));
        let mut builder = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("wattle/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .tcp_keepalive(limits.silence / 2)
            // A redirect would carry the token, or the password, to somebody else.
            .redirect(Policy::none());
        if address.is_this_computer() {
            builder = builder.no_proxy();
        }
        builder
    }

    /// Whether there is a server at all: `GET /healthz`.
    ///
    /// # Errors
    /// No answer; [`Why::Untrusted`] when what answers has a certificate that nobody vouches for.
    pub async fn knock(&self) -> Result<(), Error> {
        let request = self.http.get(self.address.join("healthz"));
        answer::within(self.limits.answer, request.send()).await.map(drop)
    }

    /// `POST /v1/sign-in`.
    ///
    /// # Errors
    /// [`Error::Refused`] with `wrong_credentials`, `not_enrolled`, `rate_limited` …; or no answer.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<SignedIn, Error> {
        self.ask("v1/sign-in", None, sign_in).await
    }

    /// `POST /v1/openid`.
    ///
    /// # Errors
    /// [`Error::Refused`] with `not_found` when the clinic has no provider; or no answer.
    pub async fn begin_openid(&self, begin: &Begin) -> Result<Begun, Error> {
        self.ask("v1/openid", None, begin).await
    }

    /// `POST /v1/refresh`.
    ///
    /// # Errors
    /// [`Error::Refused`] with `sign_in_again` when the token was used or is over; or no answer.
    pub async fn refresh(&self, refresh: &Refresh) -> Result<SignedIn, Error> {
        self.ask("v1/refresh", None, refresh).await
    }

    /// `POST /v1/escrow`; `None` when the server keeps no keys.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn escrow(&self, access_token: &str, escrow: &Escrow) -> Result<Option<Escrowed>, Error> {
        match self.ask("v1/escrow", Some(access_token), escrow).await {
            Ok(escrowed) => Ok(Some(escrowed)),
            Err(Error::Refused { code: ErrorCode::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `POST /v1/wipe`.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn wipe(&self, access_token: &str, wiping: &Wiping) -> Result<(), Error> {
        self.ask("v1/wipe", Some(access_token), wiping).await
    }

    /// `GET /v1/admin`.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn overview(&self, access_token: &str) -> Result<Overview, Error> {
        self.answer_to(self.http.get(self.address.join("v1/admin")), Some(access_token)).await
    }

    /// `POST /v1/admin`.
    ///
    /// # Errors
    /// Refused, or no answer: it may have been done all the same.
    pub async fn act(&self, access_token: &str, act: &Act) -> Result<Done, Error> {
        self.ask("v1/admin", Some(access_token), act).await
    }

    /// `POST /v1/second-factor`.
    ///
    /// # Errors
    /// Refused, or no answer: it may have been done all the same.
    pub async fn second_factor(&self, access_token: &str, step: &Step) -> Result<SecondFactor, Error> {
        self.ask("v1/second-factor", Some(access_token), step).await
    }

    /// `POST /v1/password`.
    ///
    /// # Errors
    /// Refused, or no answer: it may have been done all the same.
    pub async fn change_password(&self, access_token: &str, asked: &NewPassword) -> Result<(), Error> {
        self.ask("v1/password", Some(access_token), asked).await
    }

    /// `POST /v1/refused`: sign-ins that were refused here without the server.
    ///
    /// # Errors
    /// Refused, or no answer: some may have been noted, and telling them again notes none twice.
    pub async fn refused(&self, access_token: &str, refusals: &Refusals) -> Result<(), Error> {
        self.ask("v1/refused", Some(access_token), refusals).await
    }

    /// `POST /v1/session`.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn session(&self, access_token: &str, hello: &Hello) -> Result<Welcome, Error> {
        self.ask("v1/session", Some(access_token), hello).await
    }

    /// `POST /v1/push`. The answers are those of the commands sent, in their order, perhaps of fewer.
    ///
    /// # Errors
    /// Refused, or no answer: the commands may have been decided all the same.
    pub async fn push(&self, access_token: &str, push: &Push) -> Result<Pushed, Error> {
        let route = || self.http.post(self.address.join("v1/push")).header(CONTENT_TYPE, "application/json");
        let body = serde_json::to_vec(push).map_err(|_| Error::Garbled { what: "a push that is no JSON" })?;
        let packed = self.packing.pack(&body);
        let was_packed = packed.is_some();
        if let Some(packed) = packed {
            let request = route().header(CONTENT_ENCODING, "zstd").body(packed);
            match self.answer_to(request, Some(access_token)).await {
                Err(error) if packed::Packing::is_suspect(&error) => {}
                answer => return answer,
            }
        }
        let answer = self.answer_to(route().body(body), Some(access_token)).await;
        if was_packed && answer.is_ok() {
            self.packing.give_up();
        }
        answer
    }

    /// `POST /v1/pull`; the frames come as they are read.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn pull(&self, access_token: &str, pull: &Pull) -> Result<Frames, Error> {
        let request = self.http.post(self.address.join("v1/pull")).json(pull);
        let request = request.header(AUTHORIZATION, bearer(access_token)?);
        let response = answer::within(self.limits.answer, request.send()).await?;
        Ok(Frames::new(answer::good(response, self.limits).await?, self.limits))
    }

    /// `POST /v1/image`; `None` when there is no fitting image.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn image(&self, access_token: &str, ask: &ImageAsk) -> Result<Option<ImageOffer>, Error> {
        match self.ask("v1/image", Some(access_token), ask).await {
            Ok(offer) => Ok(Some(offer)),
            Err(Error::Refused { code: ErrorCode::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `GET /v1/live`, for hints of all feeds and rows of these.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn live(&self, access_token: &str, rows: &[FeedClass]) -> Result<Hints, Error> {
        let mut url = self.address.join("v1/live");
        if !rows.is_empty() {
            let rows: Vec<_> = rows.iter().map(|feed| feed.as_str()).collect();
            url.set_query(Some(&format!("{ROWS_QUERY}={}", rows.join(","))));
        }
        let request = self.http.get(url);
        let request = request
            .header(AUTHORIZATION, bearer(access_token)?)
            .header(ACCEPT, "text/event-stream")
            // A compressor would sit on a hint until it has enough of them.
            .header(ACCEPT_ENCODING, "identity");
        let response = answer::within(self.limits.answer, request.send()).await?;
        Ok(Hints::new(answer::good(response, self.limits).await?, self.limits))
    }

    async fn ask<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        route: &str,
        access_token: Option<&str>,
        body: &Q,
    ) -> Result<A, Error> {
        self.answer_to(self.http.post(self.address.join(route)).json(body), access_token).await
    }

    async fn answer_to<A: DeserializeOwned>(
        &self,
        mut request: RequestBuilder,
        access_token: Option<&str>,
    ) -> Result<A, Error> {
        if let Some(token) = access_token {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        answer::within(self.limits.answer, async {
            let response = answer::good(request.send().await?, self.limits).await?;
            let bytes = answer::body(response, self.limits.answer_bytes).await?;
            serde_json::from_slice(&bytes)
                .map_err(|_| Error::Garbled { what: "the answer is not of this route" })
        })
        .await
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| Error::refused(ErrorCode::SignInAgain))?;
    value.set_sensitive(true);
    Ok(value)
}
