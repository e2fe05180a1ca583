//! Documents: where their bytes go and are, and the parts themselves.

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use wattle_protocol::ErrorCode;
use wattle_protocol::document::{DocumentAnswer, DocumentAsk};

use super::image::refused;
use super::{Error, Transport, answer};

impl Transport {
    /// `POST /v1/document`; `None` when the server has no such document (yet), or no place for documents.
    ///
    /// # Errors
    /// Refused, or no answer: [`wattle_protocol::document::Step::Confirm`] may have been done all the same.
    pub async fn document(
        &self,
        access_token: &str,
        ask: &DocumentAsk,
    ) -> Result<Option<DocumentAnswer>, Error> {
        match self.ask("v1/document", Some(access_token), ask).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Refused { code: ErrorCode::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a part. No token goes along: the URL is signed.
    ///
    /// # Errors
    /// [`Error::Refused`] with `sign_in_again` when the URL's time is over (or it was never good); or no answer.
    pub async fn put_part(&self, url: &str, part: Vec<u8>) -> Result<(), Error> {
        let (url, _) = self.address.offered(url).ok_or(Error::Garbled { what: "a part at a bad address" })?;
        let request = self.http.put(url).header(CONTENT_TYPE, "application/octet-stream").body(part);
        let response = answer::within(self.limits.answer, request.send()).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(()),
            _ => Err(refused(response, self.limits).await),
        }
    }

    /// Fetches a part that is at most so many bytes long.
    ///
    /// # Errors
    /// As [`Transport::chunk_from`]; [`Error::Garbled`] when it is longer.
    pub async fn part(&self, url: &str, most: u64) -> Result<Vec<u8>, Error> {
        let mut body = self.chunk_from(url, 0).await?;
        let mut part = Vec::new();
        while let Some(piece) = body.next().await? {
            part.extend_from_slice(&piece);
            if u64::try_from(part.len()).unwrap_or(u64::MAX) > most {
                return Err(Error::Garbled { what: "a part that is too long" });
            }
        }
        Ok(part)
    }
}
