//! Containers by the Data API: a URL of the session, a redirect, a cookie, and then the bytes.

use std::time::Duration;

use reqwest::header::{CONTENT_DISPOSITION, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode};

use super::super::encode;
use super::super::fault::Stop;
use super::super::json::Json;
use super::DataApi;
use crate::error::Error;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// What a container's repetition holds, as a record shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// From 1.
    pub repetition: u32,
    /// A URL that lives as long as the session; or, for what FileMaker does not hold itself, a path.
    pub value: String,
}

/// What a URL gave.
#[derive(Debug)]
pub enum Given {
    /// The bytes, yet to come.
    Bytes(Box<Response>),
    /// The session is over, and the URL with it.
    Over,
    /// Nothing is behind it.
    Nothing,
    /// The connection failed.
    Failed,
}

impl DataApi {
    /// The filled repetitions of a record's container field; `None` when the record is gone.
    ///
    /// # Errors
    /// When the server stays away or says no, or the layout does not show the field.
    pub async fn shown(
        &mut self,
        layout: &str,
        record: i64,
        field: &str,
    ) -> Result<Option<Vec<Shown>>, Error> {
        let doing = "reading a record's containers";
        let path = format!("/layouts/{}/records/{record}?portal=%5B%5D", encode(layout));
        let reply = match self.ask(doing, &path).await {
            Err(Error::Server { stop: Stop::Code(101 | 401), .. }) => return Ok(None),
            other => other?,
        };
        let refused = |stop: Stop| Error::Server { doing, stop, advice: stop.advice() };
        let row = reply.get("data").and_then(|d| d.list().first()).and_then(|r| r.get("fieldData"));
        let fields = row.ok_or_else(|| refused(Stop::Odd))?;
        let value = |repetition: u32| {
            let plain = if repetition == 1 { fields.get(field) } else { None };
            plain.or_else(|| fields.get(&format!("{field}({repetition})"))).and_then(Json::text)
        };
        if value(1).is_none() {
            return Err(refused(Stop::Code(102)));
        }
        let shown = (1..).map_while(|n| Some((n, value(n)?))).filter(|(_, value)| !value.is_empty());
        Ok(Some(shown.map(|(repetition, value)| Shown { repetition, value: value.to_owned() }).collect()))
    }

    /// Opens a container. Nothing of it is read yet.
    ///
    /// # Errors
    /// When nobody can sign in.
    pub async fn open(&mut self, url: &str) -> Result<Given, Error> {
        let token = self.sign_in().await?;
        let client = self.http.client().clone();
        let address = self.ours(url);
        let first = client.get(&address).bearer_auth(&token).timeout(PATIENCE).send().await;
        let Ok(first) = first else { return Ok(Given::Failed) };
        if !first.status().is_redirection() {
            return Ok(self.judge(first));
        }
        // The door opens to the session's token; what goes through it is a cookie.
        let cookie = first
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|c| c.to_str().ok()?.split(';').next())
            .find(|c| c.starts_with("X-FMS-Session-Key="))
            .map(ToOwned::to_owned);
        let location = first.headers().get(LOCATION).and_then(|l| l.to_str().ok()).map(ToOwned::to_owned);
        let (Some(cookie), Some(location)) = (cookie, location) else { return Ok(Given::Failed) };
        let address = self.ours(&location);
        let second = client.get(&address).header(COOKIE, cookie).timeout(PATIENCE).send().await;
        Ok(second.map_or(Given::Failed, |second| self.judge(second)))
    }

    fn judge(&mut self, response: Response) -> Given {
        match response.status() {
            StatusCode::OK => Given::Bytes(Box::new(response)),
            StatusCode::UNAUTHORIZED => {
                self.token = None;
                Given::Over
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Given::Nothing,
            _ => Given::Failed,
        }
    }

    /// Waits before the `n`th try again, from 1.
    pub async fn wait(&self, n: u32) {
        self.http.wait(n).await;
    }

    /// A URL of the server's as one of ours: behind a proxy it names a host that nobody outside knows, and token and cookie go
    /// to no other host than the one in the mapping.
    fn ours(&self, url: &str) -> String {
        let root = self.root.find("/fmi/data/").map_or("", |at| self.root.split_at(at).0);
        let path = match url.find("/Streaming") {
            Some(at) => url.split_at(at).1,
            None => url
                .split_once("://")
                .and_then(|(_, rest)| rest.find('/').map(|at| rest.split_at(at).1))
                .unwrap_or(url),
        };
        format!("{root}{path}")
    }
}

/// The name of a file that a reply tells, if it does.
#[must_use]
pub fn name_of(response: &Response) -> Option<String> {
    let value = response.headers().get(CONTENT_DISPOSITION)?;
    // Servers write names in UTF-8 where the standard wants Latin-1.
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    if let Some((_, coded)) = text.split_once("filename*=UTF-8''") {
        return Some(decoded(coded.split(';').next().unwrap_or_default()));
    }
    let (_, rest) = text.split_once("filename=")?;
    let name = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split(';').next().unwrap_or_default().trim(),
    };
    (!name.is_empty()).then(|| name.to_owned())
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let mut ahead = rest.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn names_are_decoded_once() {
        assert_eq!(decoded("%C3%9Cberweisung%203.pdf"), "\u{dc}berweisung 3.pdf");
        assert_eq!(decoded("100%.pdf"), "100%.pdf");
        assert_eq!(decoded("%2541"), "%41");
    }
}
