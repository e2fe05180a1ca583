//! A chunk of an image: from the server itself or straight from object storage, from any byte on.

use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use reqwest::{Response, StatusCode};
use wattle_protocol::{ApiFault, ErrorCode};

use super::{Error, Limits, Transport, Why, answer};

/// A chunk on its way.
#[derive(Debug)]
pub struct ChunkBody {
    response: Response,
    limits: Limits,
    /// The byte of the chunk that comes first: the one asked for, or 0 when whoever has it knows no ranges.
    pub from: u64,
}

impl Transport {
    /// A chunk from a byte on. No token goes along: the URL is signed.
    ///
    /// # Errors
    /// [`Error::Refused`] with `sign_in_again` when the URL's time is over (or it was never good); or no answer.
    pub async fn chunk_from(&self, url: &str, from: u64) -> Result<ChunkBody, Error> {
        let (url, is_ours) =
            self.address.offered(url).ok_or(Error::Garbled { what: "a chunk at a bad address" })?;
        // Stored bytes are what was hashed: nobody on the way may pack them.
        let http = if is_ours { &self.http } else { &self.elsewhere };
        let mut request = http.get(url).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = answer::within(self.limits.answer, request.send()).await?;
        let from = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if range_begin(&response) == Some(from) => from,
            StatusCode::PARTIAL_CONTENT => {
                return Err(Error::Garbled { what: "another part of the chunk than was asked for" });
            }
            _ => return Err(refused(response, self.limits).await),
        };
        Ok(ChunkBody { response, limits: self.limits, from })
    }
}

impl ChunkBody {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// Cut, or silent for longer than [`Limits::silence`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let piece = answer::within(self.limits.silence, self.response.chunk()).await?;
        Ok(piece.map(|bytes| bytes.to_vec()))
    }
}

fn range_begin(response: &Response) -> Option<u64> {
    let text = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    text.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// Our server's fault, or what an object store means by its status. Stores disagree about a URL whose time is over; a
/// blob that is gone has gone with its image. Both mean: ask for an image again.
pub(super) async fn refused(response: Response, limits: Limits) -> Error {
    let status = response.status();
    let body = answer::within(limits.answer, answer::body(response, 64 << 10)).await.unwrap_or_default();
    if let Ok(fault) = serde_json::from_slice::<ApiFault>(&body)
        && matches!(fault.code, ErrorCode::Unavailable | ErrorCode::RateLimited | ErrorCode::Internal)
    {
        return fault.into();
    }
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::GONE => Error::refused(ErrorCode::SignInAgain),
        StatusCode::TOO_MANY_REQUESTS => Error::refused(ErrorCode::RateLimited),
        status if status.is_server_error() => Error::Unreachable(Why::Cut),
        _ => Error::Garbled { what: "a status that no object store sends" },
    }
}
