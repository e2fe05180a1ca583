//! Somebody who listens to `GET /v1/live`.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::live::{Delta, Hint, ROWS_EVENT};
use wattle_protocol::{PROTOCOL, PROTOCOL_HEADER};

use super::Desk;

pub struct Ear {
    stream: BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    text: String,
    /// All that ever came.
    pub heard: String,
}

#[derive(Debug)]
pub enum Heard {
    Hint(Hint),
    Rows(Delta),
}

impl Heard {
    pub fn head(&self) -> (FeedClass, u64) {
        match self {
            Self::Hint(hint) => (hint.feed, hint.head.0),
            Self::Rows(delta) => (delta.feed, delta.to.0),
        }
    }
}

impl Ear {
    /// Hints only.
    pub async fn open(desk: &Desk) -> Self {
        Self::at(desk, desk.address, "").await
    }

    /// The rows of some feeds, `ref,front`.
    pub async fn rows(desk: &Desk, feeds: &str) -> Self {
        Self::at(desk, desk.address, &format!("?rows={feeds}")).await
    }

    pub async fn at(desk: &Desk, address: SocketAddr, query: &str) -> Self {
        let response = desk
            .http
            .get(format!("http://{address}/v1/live{query}"))
            .header(PROTOCOL_HEADER, PROTOCOL)
            .bearer_auth(&desk.signed_in.access_token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { stream: response.bytes_stream().boxed(), text: String::new(), heard: String::new() }
    }

    /// The next event; `None` when the stream ends.
    pub async fn hear(&mut self) -> Option<Heard> {
        // A comment now and then is no event.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|l| l.strip_prefix(name)).map(str::to_owned);
                let (name, data) = (field("event: "), field("data: "));
                self.text = rest.to_owned();
                match (name.as_deref(), data) {
                    (Some(ROWS_EVENT), Some(data)) => {
                        return Some(Heard::Rows(serde_json::from_str(&data).unwrap()));
                    }
                    (None, Some(data)) => return Some(Heard::Hint(serde_json::from_str(&data).unwrap())),
                    _ => continue,
                }
            }
            let chunk = tokio::time::timeout_at(deadline, self.stream.next()).await.expect("in time");
            match chunk {
                Some(Ok(bytes)) => {
                    let text = std::str::from_utf8(&bytes).unwrap();
                    self.text.push_str(text);
                    self.heard.push_str(text);
                }
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next hint; `None` when the stream ends.
    pub async fn next(&mut self) -> Option<Hint> {
        match self.hear().await? {
            Heard::Hint(hint) => Some(hint),
            Heard::Rows(delta) => panic!("rows that nobody asked for: {delta:?}"),
        }
    }

    pub async fn until(&mut self, feed: FeedClass, head: u64) -> Vec<Hint> {
        let mut heard = Vec::new();
        loop {
            let hint = self.next().await.expect("goes on");
            heard.push(hint);
            if hint.feed == feed && hint.head >= FeedSeq(head) {
                return heard;
            }
        }
    }

    /// Waits until the server ends the stream.
    pub async fn until_end(&mut self) {
        while self.hear().await.is_some() {}
    }

    /// All events until a feed is at a head.
    pub async fn hear_until(&mut self, feed: FeedClass, head: u64) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            all.push(self.hear().await.expect("goes on"));
            let (at, to) = all.last().unwrap().head();
            if at == feed && to >= head {
                return all;
            }
        }
    }
}
