//! Requests that are tried again as often as makes sense.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};

use super::fault::{Stop, Then, then};
use super::json::Json;
use super::{PATIENCE, base};
use crate::error::Error;
use crate::mapping::{Mapping, Server};

/// How often a request is made before it is given up.
const TRIES: u32 = 8;
/// Waits grow to this.
const LONGEST: Duration = Duration::from_secs(20);

/// A client for one server.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    first_wait: Duration,
}

/// An answer, whatever it says.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

impl Http {
    pub(super) fn new(mapping: &Mapping, server: &Server) -> Result<Self, Error> {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        if !server.url.starts_with("https://") && !local.iter().any(|l| server.url.starts_with(l)) {
            return Err(
                mapping.wrong("[server] url must begin with https://: patients' records pass through it.")
            );
        }
        let client = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(10))
            // Containers are reached by a redirect whose cookie must be seen.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("fm-migrate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| mapping.wrong(format!("no HTTP client for {}: {e}", base(server))))?;
        Ok(Self { client, first_wait: Duration::from_millis(server.first_wait_ms) })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// One try. `None` when nothing whole came back.
    pub(super) async fn once(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let status = response.status();
        let bytes = response.bytes().await.ok()?;
        // A NUL is the one character that no text column can hold.
        let body = String::from_utf8(bytes.to_vec()).ok()?;
        Some(Answer { status, body })
    }

    /// Waits before the `n`th try again, from 1.
    pub(super) async fn wait(&self, n: u32) {
        let factor = 2_u32.saturating_pow(n.saturating_sub(1));
        tokio::time::sleep(self.first_wait.saturating_mul(factor).min(LONGEST)).await;
    }

    /// Tries until `judge` accepts an answer or says stop.
    pub(super) async fn until<T>(
        &self,
        doing: &'static str,
        request: impl Fn() -> RequestBuilder,
        judge: impl Fn(&Answer) -> Result<T, Stop>,
    ) -> Result<T, Failed> {
        let mut last = Stop::Transport;
        for n in 1..=TRIES {
            let judged = match self.once(request()).await {
                Some(answer) => judge(&answer),
                None => Err(Stop::Transport),
            };
            last = match judged {
                Ok(value) => return Ok(value),
                Err(stop) => stop,
            };
            let again = match last {
                Stop::Code(code) => match then(code) {
                    Then::Retry => true,
                    Then::SignIn => return Err(Failed { doing, stop: last, sign_in: true }),
                    Then::Stop => false,
                },
                Stop::Transport => true,
                Stop::Odd | Stop::Script(_) => false,
            };
            if !again {
                break;
            }
            if n < TRIES {
                self.wait(n).await;
            }
        }
        Err(Failed { doing, stop: last, sign_in: false })
    }
}

/// A request that came to nothing.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) doing: &'static str,
    pub(super) stop: Stop,
    pub(super) sign_in: bool,
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        Self::Server { doing: failed.doing, stop: failed.stop, advice: failed.stop.advice() }
    }
}

/// JSON, or a proxy's page: what is no JSON came from no FileMaker.
pub(super) fn json(answer: &Answer) -> Result<Json, Stop> {
    match Json::read(&answer.body) {
        Ok(json) => Ok(json),
        Err(_) if answer.status.is_success() || answer.status.is_server_error() => Err(Stop::Transport),
        Err(_) => Err(Stop::Odd),
    }
}

/// A value as a cell: as found, but for NUL, which no text column can hold.
pub(super) fn cell(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) | Json::Number(text) if text.contains('\0') => Some(text.replace('\0', "")),
        Json::Text(text) | Json::Number(text) => Some(text.clone()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Question => Some("?".into()),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    }
}
