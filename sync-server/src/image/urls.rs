//! URLs that are good for one blob, for one method, for a few minutes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::hmac;
use serde::Deserialize;
use wattle_protocol::ErrorCode;

use super::Images;
use crate::error::ApiError;

/// What a URL of a folder's blob says beside the name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Signed {
    /// Unix seconds.
    until: i64,
    /// The length of what may be put.
    pub(crate) bytes: Option<u64>,
    sig: String,
}

/// What a URL allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// To read.
    Get,
    /// To put what is just so long, once.
    Put {
        /// Its length.
        bytes: u64,
    },
}

impl Images {
    /// A URL of a blob: the store's own, or one of this server.
    pub(crate) async fn url(
        &self,
        method: Method,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<String, ApiError> {
        let life = self.settings.url_life;
        let stores = match method {
            Method::Get => self.blobs.url(name, life).await,
            Method::Put { .. } => self.blobs.put_url(name, life).await,
        };
        let store = |_| ApiError::after(ErrorCode::Unavailable, 5, "object storage does not sign");
        if let Some(url) = stores.map_err(store)? {
            return Ok(url);
        }
        let until = (now + life).timestamp();
        let tag = hmac::sign(&self.settings.key.signer(), &signed(method, name, until));
        let length = match method {
            Method::Get => String::new(),
            Method::Put { bytes } => format!("&bytes={bytes}"),
        };
        Ok(format!("/v1/blob/{name}?until={until}{length}&sig={}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// Whether a URL of this server is good for this method and this blob now. Says which of them it was not to nobody but
    /// the log.
    pub(crate) fn admit(
        &self,
        method: Method,
        name: &str,
        url: &Signed,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let no = |cause| ApiError::because(ErrorCode::NotAllowed, cause);
        let tag = URL_SAFE_NO_PAD.decode(&url.sig).map_err(|_| no("signature of a blob's URL"))?;
        // In constant time.
        hmac::verify(&self.settings.key.signer(), &signed(method, name, url.until), &tag)
            .map_err(|_| no("signature of a blob's URL"))?;
        if url.until <= now.timestamp() { Err(no("a blob's URL past its time")) } else { Ok(()) }
    }
}

/// What is signed: method and length, name, end.
fn signed(method: Method, name: &str, until: i64) -> Vec<u8> {
    let method = match method {
        Method::Get => "GET".to_owned(),
        Method::Put { bytes } => format!("PUT {bytes}"),
    };
    format!("{method}\n{name}\n{until}").into_bytes()
}
